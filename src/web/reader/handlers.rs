//! What readers can do without an account: read editions, sign up, confirm, choose, leave. GET shows, POST does (invariant 6).

use axum::{
    Form,
    extract::{Path, State},
};

use super::{
    pages::{EditionLine, EditionPage, HomePage, Site},
    preferences::{self, PreferencesForm},
};
use crate::{
    bulletin::wording,
    curate::issue::Issue,
    domain::{EditionState, EmailAddress, Slug, SubscriberId},
    feedback::{
        links::{self, Claim, Purpose},
        reader::{self, Channel},
        sign_up::{self, Wish},
    },
    store::{bulletin::Bulletin, organisation::Organisation, subscriber::Subscriber},
    web::{
        origin::Origin,
        server::{Answer, Web, WebError},
    },
};

/// Names the wording of the sign-up page in the consent ledger.
const WORDING: &str = "sign-up page 2";
/// Editions listed on a bulletin's home.
const EDITIONS_SHOWN: usize = 50;

pub async fn not_found(State(web): State<Web>) -> Answer {
    web.answer(async { Err(WebError::NotFound) }).await
}

/// The bulletins of this installation; with one bulletin, its home.
pub async fn index(State(web): State<Web>) -> Answer {
    web.answer(async {
        let bulletins = web.store.bulletins().await?;
        if let [one] = bulletins.as_slice() {
            return home_of(&web, one).await;
        }
        let site = Site { name: "Bulletins".into(), ..Site::default() };
        let lines: Vec<EditionLine> =
            bulletins.iter().map(|b| EditionLine { subject: b.name.clone(), date: b.strapline.clone(), path: format!("/{}", b.slug) }).collect();
        Ok(web.pages.home_page(&HomePage { site: &site, strapline: "", sign_up: None, editions: &lines })?)
    })
    .await
}

pub async fn home(State(web): State<Web>, Path(slug): Path<String>) -> Answer {
    web.answer(async { home_of(&web, &bulletin(&web, &slug).await?).await }).await
}

async fn home_of(web: &Web, bulletin: &Bulletin) -> Result<String, WebError> {
    let organisation = web.store.organisation(bulletin.organisation_id).await?;
    let mut editions = web.store.editions(bulletin.id).await?;
    let alerts = web.store.alerts(bulletin.id).await?;
    editions.retain(|e| is_public(e.state) && !alerts.contains(&e.id));
    editions.sort_by_key(|e| std::cmp::Reverse(e.number));
    let lines: Vec<EditionLine> = editions
        .iter()
        .take(EDITIONS_SHOWN)
        .map(|e| EditionLine {
            subject: e.subject.clone(),
            date: wording::date(e.as_of.with_timezone(&bulletin.zone).date_naive()),
            path: format!("/{}/editions/{}", bulletin.slug, e.number),
        })
        .collect();
    let sign_up = format!("/{}/subscribe", bulletin.slug);
    let page = HomePage { site: &site(bulletin, &organisation), strapline: &bulletin.strapline, sign_up: Some(&sign_up), editions: &lines };
    Ok(web.pages.home_page(&page)?)
}

/// What was not sent is nobody's to read.
fn is_public(state: EditionState) -> bool {
    matches!(state, EditionState::Sending | EditionState::Sent)
}

pub async fn edition(State(web): State<Web>, Path((slug, number)): Path<(String, String)>) -> Answer {
    web.answer(async {
        let number: u32 = number.parse().map_err(|_| WebError::NotFound)?;
        let bulletin = bulletin(&web, &slug).await?;
        let organisation = web.store.organisation(bulletin.organisation_id).await?;
        let listed = web.store.editions(bulletin.id).await?;
        let id = listed.iter().find(|e| e.number == number && is_public(e.state)).ok_or(WebError::NotFound)?.id;
        if web.store.is_alert(id).await? {
            return Err(WebError::NotFound);
        }
        let edition = web.store.edition(id).await?;
        let issue = Issue::load(&web.store, &bulletin, &organisation, &edition, &web.templates, &web.public_url).await?;
        let content = issue.view(&issue.items());
        Ok(web.pages.edition_page(&EditionPage { site: &site(&bulletin, &organisation), number: i64::from(number), content: &content })?)
    })
    .await
}

#[derive(serde::Deserialize)]
pub struct SignUpForm {
    email: String,
    #[serde(default)]
    name: String,
}

/// Double opt-in, first half. Keeps the wish and says the same for every address, after the same work: whose it is the daemon asks.
pub async fn subscribe(State(web): State<Web>, Origin(origin): Origin, Path(slug): Path<String>, Form(form): Form<SignUpForm>) -> Answer {
    web.answer(async {
        let bulletin = bulletin(&web, &slug).await?;
        let organisation = web.store.organisation(bulletin.organisation_id).await?;
        let email = EmailAddress::parse(&form.email).map_err(|e| WebError::BadInput(format!("{e}. Go back and type your address again.")))?;
        let wish = Wish { bulletin: bulletin.id, email: &email, name: &form.name, wording: WORDING, origin: &origin };
        if !sign_up::keep(&web.store, &web.secret, &wish, web.sign_ups, web.now()).await? {
            return Err(WebError::TooMany);
        }
        web.bell.notify_one();
        let text = format!(
            "If {email} is not on the list yet, a message is on its way to it. Press the button behind its link to start getting {}. Nothing else is \
             sent until you do.",
            bulletin.name
        );
        Ok(web.pages.done_page(&site(&bulletin, &organisation), "Look in your inbox", &text)?)
    })
    .await
}

pub async fn confirm_form(State(web): State<Web>, Path(token): Path<String>) -> Answer {
    web.answer(async {
        let person = claimed(&web, Purpose::Confirm, &token).await?;
        Ok(web.pages.confirm_form(&person.site(), person.subscriber.email.as_str(), &format!("/confirm/{token}"))?)
    })
    .await
}

pub async fn confirm(State(web): State<Web>, Origin(origin): Origin, Path(token): Path<String>) -> Answer {
    web.answer(async {
        let person = claimed(&web, Purpose::Confirm, &token).await?;
        let channel = Channel { name: "web", note: WORDING, origin: Some(&origin) };
        reader::confirm(&web.store, &web.secret, &person.claim, channel, web.now()).await?;
        let text = format!("{} will get the next edition. Every edition has a link to change what you get or to leave.", person.subscriber.email);
        Ok(web.pages.done_page(&person.site(), "You are on the list", &text)?)
    })
    .await
}

pub async fn preferences_form(State(web): State<Web>, Path(token): Path<String>) -> Answer {
    web.answer(async {
        let person = claimed(&web, Purpose::Preferences, &token).await?;
        let leave = links::unsubscribe_url(&web.secret, &web.public_url, person.subscriber.id, person.bulletin.id);
        let form = PreferencesForm::new(
            person.subscriber.email.as_str(),
            &person.subscriber.preferences,
            &format!("/preferences/{token}"),
            &path_of(&leave),
        );
        Ok(web.pages.preferences_form(&person.site(), &form)?)
    })
    .await
}

pub async fn preferences(State(web): State<Web>, Path(token): Path<String>, Form(pairs): Form<Vec<(String, String)>>) -> Answer {
    web.answer(async {
        let person = claimed(&web, Purpose::Preferences, &token).await?;
        let wanted = preferences::read(&pairs, &person.subscriber.preferences);
        web.store.set_preferences(person.subscriber.id, &wanted).await?;
        Ok(web.pages.done_page(&person.site(), "Saved", "The next edition is chosen by what you said.")?)
    })
    .await
}

/// The path of one of our own addresses.
fn path_of(url: &str) -> String {
    url::Url::parse(url).map_or_else(|_| url.to_owned(), |u| u.path().to_owned())
}

/// A signed link's person and list.
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) subscriber: Subscriber,
    pub(super) bulletin: Bulletin,
    pub(super) organisation: Organisation,
}

impl Claimed {
    pub(super) fn site(&self) -> Site {
        site(&self.bulletin, &self.organisation)
    }
}

/// Reads a signed link. One whose person was erased since is as good as used.
pub(super) async fn claimed(web: &Web, purpose: Purpose, token: &str) -> Result<Claimed, WebError> {
    let claim = links::verify(&web.secret, purpose, token, web.now())?;
    let subscriber: SubscriberId = claim.subscriber;
    let subscriber = web.store.subscriber(subscriber).await?.ok_or(links::BadLink::Used)?;
    let bulletin = web.store.bulletin(claim.bulletin).await?;
    let organisation = web.store.organisation(bulletin.organisation_id).await?;
    Ok(Claimed { claim, subscriber, bulletin, organisation })
}

pub(super) async fn bulletin(web: &Web, slug: &str) -> Result<Bulletin, WebError> {
    let slug = Slug::parse(slug).map_err(|_| WebError::NotFound)?;
    web.store.bulletin_by_slug(&slug).await?.ok_or(WebError::NotFound)
}

pub(super) fn site(bulletin: &Bulletin, organisation: &Organisation) -> Site {
    Site {
        name: bulletin.name.clone(),
        home: format!("/{}", bulletin.slug),
        organisation: organisation.name.clone(),
        postal_address: organisation.postal_address.clone(),
        contact: organisation.contact.clone(),
    }
}
