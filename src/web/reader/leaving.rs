//! Leaving on the web: the page with its button and questions, and a mail program's one click (RFC 8058). GET shows, POST does.
//!
//! No cookie, no redirect, no sign-in: whoever holds the signed address may leave, at once and again.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header},
};

use super::{
    handlers::{claimed, site},
    pages::UnsubscribeForm,
};
use crate::{
    domain::{LeavingReason, text::single_line},
    feedback::{
        links::{self, Purpose},
        reader::{self, Channel, Wish},
    },
    web::{
        origin::Origin,
        server::{Answer, Web},
    },
};

/// Characters of a reader's own words that are kept.
const MOST_WORDS: usize = 300;

/// What was posted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Posted {
    one_click: bool,
    wish: Wish,
}

impl Posted {
    /// Reads a body of either encoding. One that is neither, or says nothing, still is the wish to leave this list.
    fn read(content_type: &str, body: &[u8]) -> Self {
        if content_type.to_ascii_lowercase().starts_with("multipart/form-data") {
            // The one field that a mail program sends (RFC 8058 s3.2); the page's own form is not sent like this.
            let holds = |word: &[u8]| body.windows(word.len()).any(|w| w == word);
            return Self { one_click: holds(b"List-Unsubscribe") && holds(b"One-Click"), wish: Wish::default() };
        }
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).take(20).map(|(k, v)| (k.into_owned(), v.into_owned())).collect();
        let value = |name: &str| pairs.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str());
        if value("List-Unsubscribe") == "One-Click" {
            return Self { one_click: true, wish: Wish::default() };
        }
        let words = single_line(value("words"), MOST_WORDS);
        let reason = value("reason").parse().ok().or_else(|| (!words.is_empty()).then_some(LeavingReason::Other));
        Self { one_click: false, wish: Wish { everything: value("scope") == "all", reason: reason.map(|r| (r, words)) } }
    }
}

pub async fn form(State(web): State<Web>, Path(token): Path<String>) -> Answer {
    web.answer(async {
        let person = claimed(&web, Purpose::Unsubscribe, &token).await?;
        let lists = web.store.subscriptions_of(person.subscriber.id).await?;
        let others = lists.iter().any(|(list, state, _)| *list != person.bulletin.id && !state.has_left());
        let form = UnsubscribeForm {
            email: person.subscriber.email.as_str(),
            action: &format!("/unsubscribe/{token}"),
            all_of: others.then_some(person.organisation.name.as_str()),
        };
        Ok(web.pages.unsubscribe_form(&person.site(), &form)?)
    })
    .await
}

pub async fn leave(State(web): State<Web>, Origin(origin): Origin, Path(token): Path<String>, headers: HeaderMap, body: Bytes) -> Answer {
    web.answer(async {
        let claim = links::verify(&web.secret, Purpose::Unsubscribe, &token, web.now())?;
        let content_type = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let posted = Posted::read(content_type, &body);
        let channel = Channel { name: if posted.one_click { "one_click" } else { "web" }, note: "", origin: Some(&origin) };
        reader::leave(&web.store, &web.secret, &claim, &posted.wish, channel, web.now()).await?;
        let bulletin = web.store.bulletin(claim.bulletin).await?;
        let organisation = web.store.organisation(bulletin.organisation_id).await?;
        let what = if posted.wish.everything { format!("mail from {}", organisation.name) } else { format!("editions of {}", bulletin.name) };
        let text = format!("You will get no more {what}. One that is on its way may still arrive.");
        Ok(web.pages.done_page(&site(&bulletin, &organisation), "You have left the list", &text)?)
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content_type: &str, body: &str, one_click: bool, everything: bool, reason: Option<(LeavingReason, &str)>) {
        let wish = Wish { everything, reason: reason.map(|(r, w)| (r, w.to_owned())) };
        assert_eq!(Posted::read(content_type, body.as_bytes()), Posted { one_click, wish }, "{body}");
    }

    #[test]
    fn a_body_says_how_and_why_and_never_whether() {
        let form = "application/x-www-form-urlencoded";
        check(form, "List-Unsubscribe=One-Click", true, false, None);
        check(form, "List-Unsubscribe=One-Click&scope=all&reason=other", true, false, None);
        check(
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--",
            true,
            false,
            None,
        );
        check(form, "scope=all&reason=too_often&words=", false, true, Some((LeavingReason::TooOften, "")));
        check(form, "reason=nonsense&words=+too%0Amuch+", false, false, Some((LeavingReason::Other, "too much")));
        check(form, "", false, false, None);
        check("", "\u{0}\u{1}", false, false, None);
    }
}
