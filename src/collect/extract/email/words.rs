//! What newsletters say around their events: footers, buttons, headings of sections that hold no events, greetings and notes.

use crate::collect::extract::blocks::{Block, Kind, Link};

/// Sections whose items are no events, however they are dated: a heading that says nothing but this.
#[rustfmt::skip]
const OTHER_SECTIONS: &[&str] = &[
    "jobs", "job", "vacancies", "vacancy", "job vacancies", "job opportunities", "jobs and opportunities", "current vacancies", "jobs board",
    "recruitment", "careers", "jobs and placements", "volunteering", "internships", "board roles", "trustee vacancies", "trustee opportunities", "funding", "grants", "funding news",
    "funding opportunities", "grants and funding", "funding and grants", "fundraising news", "funding and awards", "bursaries", "tenders", "contracts",
    "commissions", "call outs", "callouts", "open calls", "calls for papers", "call for papers", "surveys", "consultations", "survey",
    "consultation", "obituaries", "publications", "cfps", "calls for submissions",
];
/// Words of the parts of a mail that are about the mail itself.
#[rustfmt::skip]
const ABOUT_ITSELF: &[&str] = &[
    "unsubscribe", "update your preferences", "email preferences", "manage preferences", "our mailing address", "all rights reserved", "copyright ©",
    "© 20", "you are receiving this", "you received this", "you're receiving this", "you have received this", "view this email", "view in browser",
    "view in your browser", "view online", "no images?", "was sent to", "change how you receive", "registered charity no", "registered charity number",
    "to leave this list", "add us to your address book", "forward to a friend", "intended recipient", "this message was sent",
];
/// Notes that name days on which nothing takes place, and nobody is invited.
#[rustfmt::skip]
const NOTES: &[&str] = &[
    "office is closed", "office will be closed", "offices are closed", "offices will be closed", "we are closed", "closed from", "closed for the",
    "annual leave", "on leave", "i am away", "i'm away", "out of office", "out of the office", "next issue", "next newsletter", "next bulletin",
    "next edition", "copy deadline", "published on", "posted on", "sent on",
];
/// How buttons begin.
#[rustfmt::skip]
const CALLS: &[&str] = &[
    "book", "register", "find out", "read", "apply", "learn", "sign up", "sign-up", "join", "view", "download", "visit", "click", "get your", "reserve",
    "full details", "more ", "see ", "buy", "get tickets", "secure", "enrol", "take part", "watch", "listen", "details", "tickets", "rsvp", "here",
];

/// Words that say what a link does and not where it leads: "Book your place now".
pub fn is_call(words: &str) -> bool {
    let lower = words.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let few = bare.split_whitespace().count() <= 5;
    few && CALLS.iter().any(|c| bare.starts_with(c))
        && !bare.contains(':')
        && (bare.split_whitespace().count() <= 3
            || [" your ", " a ", " here", " now", " more", " place", " ticket", " out ", " our ", " on ", " the "].iter().any(|w| bare.contains(w)))
}

/// Whether a block is about the mail itself.
pub fn is_about_itself(block: &Block) -> bool {
    let lower = block.text.to_lowercase();
    lower.len() < 1_500 && ABOUT_ITSELF.iter().any(|w| lower.contains(w))
}

/// Whether a block only notes a day on which nothing takes place.
pub fn is_note(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.len() < 400 && NOTES.iter().any(|w| lower.contains(w))
}

/// Whether a heading opens a section whose items are no events.
pub fn opens_other_section(heading: &str) -> bool {
    let lower = heading.to_lowercase().replace('&', " and ");
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let words = words.join(" ");
    let starts = ["cfp", "call for papers", "call for participation", "call for proposals", "call for submissions", "calls for"].iter();
    OTHER_SECTIONS.contains(&words.as_str()) || starts.into_iter().any(|s| words.starts_with(s))
}

/// What asks readers to send something in and takes place nowhere: a survey, a call for papers.
pub fn asks_to_send(title: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "survey", "surveys", "questionnaire", "consultation", "call for papers", "call for participation", "call for proposals", "call for submissions",
        "call for abstracts", "call for evidence", "cfp", "open call", "call out", "callout", "invitation to tender", "tender",
    ];
    let lower = title.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let words = format!(" {} ", words.join(" "));
    WORDS.iter().any(|w| words.contains(&format!(" {w} ")))
}

/// Headings in bold: a whole short paragraph in bold capitals, or the name of a section that holds no events.
pub fn is_bold_heading(block: &Block) -> bool {
    let text = block.text.trim();
    let whole = block.strong.as_deref() == Some(text) && text.len() < 80;
    let capitals = text.chars().filter(|c| c.is_alphabetic()).count() >= 4 && !text.chars().any(char::is_lowercase);
    whole && matches!(block.kind, Kind::Paragraph) && (capitals || opens_other_section(text)) && !text.chars().any(|c| c.is_ascii_digit())
}

/// A picture that says what section begins here: all in capitals or the name of a section without events.
pub fn pictured_heading(block: &Block) -> Option<&str> {
    let alt = block.pictured.as_deref()?;
    let capitals = alt.chars().filter(|c| c.is_alphabetic()).count() >= 4 && !alt.chars().any(char::is_lowercase);
    (alt.len() < 60 && (capitals || opens_other_section(alt))).then_some(alt)
}

/// Words of links about the bulletin itself.
#[rustfmt::skip]
const LIST_WORDS: &[&str] = &[
    "unsubscribe", "view in browser", "view this email", "view online", "forward", "preferences", "twitter", "facebook", "instagram", "linkedin",
    "web version", "webversion",
];
/// Where such links lead.
#[rustfmt::skip]
const LIST_PLACES: &[&str] = &[
    "unsubscribe", "/profile?", "forward-to-friend", "campaign-archive.com", "facebook.com/sharer", "twitter.com/intent", "webadmin?subed",
];

/// Links about the bulletin itself.
pub fn is_list_link(link: &Link) -> bool {
    let (words, href) = (link.words.to_lowercase(), link.href.to_lowercase());
    LIST_WORDS.iter().any(|w| words.contains(w)) || LIST_PLACES.iter().any(|p| href.contains(p))
}

/// A subject without what programs and people put before it, when it names something.
pub fn subject_title(subject: &str) -> Option<String> {
    let mut rest = subject.trim();
    loop {
        let lower = rest.to_lowercase();
        let mark = ["re:", "fw:", "fwd:", "tr:", "wg:"].into_iter().find(|m| lower.starts_with(m)).map(str::len);
        let list = rest.strip_prefix('[').and_then(|r| r.find(']')).map(|at| at + 2).filter(|at| *at < 40);
        match mark.or(list) {
            Some(n) => rest = rest.get(n..).unwrap_or_default().trim(),
            None => break,
        }
    }
    (rest.chars().filter(|c| c.is_alphabetic()).count() >= 6).then(|| rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buttons_are_no_titles() {
        for words in ["Book your place now", "Find out more", "Register here", "Read more about it on the website?", "Get tickets →"] {
            assert_eq!(is_call(words), !words.contains("website"), "{words}");
        }
        for words in [
            "Booking systems for small theatres",
            "Reading groups: a guide for libraries",
            "Join the dots: collections and wellbeing",
            "Marketing for makers",
        ] {
            assert!(!is_call(words), "{words}");
        }
    }

    #[test]
    fn subjects_lose_their_marks() {
        for (subject, expected) in [
            ("Fwd: RE: [MUSEUMS-LEARN] Workshop on labels", Some("Workshop on labels")),
            ("Workshop: labels", Some("Workshop: labels")),
            ("Re: hi", None),
        ] {
            assert_eq!(subject_title(subject).as_deref(), expected);
        }
    }
}
