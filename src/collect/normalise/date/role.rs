//! What a date or time is for, judged by the words near it. A deadline, a door time or a date of publication is never a start.

use super::token::{Kind, Token};

/// What a mention of a date is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// When it takes place.
    Event,
    /// The last moment to apply, book or submit.
    Deadline,
    /// When doors, registration or breakfast open.
    Doors,
    /// Something that happened: published, posted, held.
    Past,
    /// Anything else: interviews, the opening of booking, the end of an early-bird price, a time by arrangement.
    Other,
}

/// What a time of day is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeRole {
    Start,
    End,
    Aside,
}

const WINDOW: usize = 9;

#[rustfmt::skip]
const DEADLINE: &[&str] = &[
    "deadline", "deadlines", "closes", "closing", "closed", "close", "due", "expires", "submit", "submission", "submissions", "rsvp", "apply",
    "expressions", "proposals", "entries", "nominations",
];
#[rustfmt::skip]
const PAST: &[&str] = &[
    "posted", "published", "updated", "created", "modified", "reviewed", "sent", "dated", "added", "copyright", "since", "founded", "established",
    "wrote", "uploaded", "written", "born", "came", "attended", "joined", "died",
];
#[rustfmt::skip]
const OTHER: &[&str] = &[
    "interviews", "interview", "opens", "bird", "earlybird", "early-bird", "results", "notified", "announced", "sale", "launches", "recording",
    "valid", "arrangement", "whenever", "suits", "any", "originally", "previously", "instead", "refund", "refunds", "cancellations", "published",
    "payment", "invoice",
];
const DOORS: &[&str] = &["doors", "arrival", "arrivals"];
const MOVES: &[&str] = &["moved", "rescheduled", "postponed", "changed", "rearranged", "switched"];
/// "to", "until": the end of something else.
const BY: &[&str] = &["by", "before"];

/// The words before token `i`, nearest first, within the sentence and not before `floor`.
fn before<'t, 'a>(tokens: &'t [Token<'a>], floor: usize, i: usize) -> impl Iterator<Item = &'t Token<'a>> {
    let from = i.saturating_sub(WINDOW).max(floor);
    let next_glued = move |at: usize| tokens.get(at + 1).is_some_and(|t| t.glued);
    (from..i)
        .rev()
        .take_while(move |&at| {
            let t = &tokens[at];
            !(t.kind == Kind::Newline && at + 1 < i
                || t.kind == Kind::Dot && !next_glued(at) && !is_abbreviation(tokens, at)
                || matches!(t.text, ";" | "!" | "?" | "|"))
        })
        .map(|at| &tokens[at])
}

fn is_abbreviation(tokens: &[Token], dot: usize) -> bool {
    dot.checked_sub(1).is_some_and(|b| matches!(tokens[b].kind, Kind::Month(_) | Kind::Weekday(_)))
}

/// Judges the date at tokens `from..to`; `floor` is the end of the date before it.
pub(super) fn of_date(tokens: &[Token], floor: usize, from: usize, to: usize) -> Role {
    if (to..to + 2).filter_map(|i| tokens.get(i)).take_while(|t| t.kind == Kind::Word).any(|t| t.is("deadline")) {
        return Role::Deadline;
    }
    let mut words = before(tokens, floor, from)
        .filter(|t| t.kind != Kind::Sign && !matches!(t.kind, Kind::Comma | Kind::Colon | Kind::Weekday(_)) && !t.is("the"));
    let nearest = words.next();
    match nearest {
        Some(t) if t.is_any(BY) || t.is("than") => return Role::Deadline,
        Some(t) if t.is_any(&["was", "were", "not"]) => return Role::Past,
        Some(t) if t.is("to") && is_moved_to(tokens, floor, from) => return Role::Event,
        Some(t) if t.kind == Kind::Dash && t.text.is_ascii() && t.text.len() > 1 => return ending(tokens, floor, from),
        _ => {}
    }
    // The nearest telling word decides.
    nearest.into_iter().chain(words).find_map(|t| telling(t)).unwrap_or_else(|| held(tokens, floor, from))
}

fn telling(t: &Token) -> Option<Role> {
    if t.is_any(DEADLINE) {
        Some(Role::Deadline)
    } else if t.is_any(PAST) {
        Some(Role::Past)
    } else if t.is_any(OTHER) {
        Some(Role::Other)
    } else if t.is_any(DOORS) {
        Some(Role::Doors)
    } else {
        None
    }
}

/// "until 31 March": of an early-bird price or an exhibition; a deadline where booking or applying is named.
fn ending(tokens: &[Token], floor: usize, i: usize) -> Role {
    let booking = before(tokens, floor, i).any(|t| t.is_any(DEADLINE) || t.is_any(&["book", "booking", "bookings", "register", "applications"]));
    if booking { Role::Deadline } else { Role::Other }
}

/// "rescheduled to 9 February".
fn is_moved_to(tokens: &[Token], floor: usize, i: usize) -> bool {
    before(tokens, floor, i).skip_while(|t| !t.is("to")).nth(1).is_some_and(|t| t.is_any(MOVES) || t.is("forward"))
}

/// Said of an end alone: "ends 1 March".
pub(super) fn is_end(tokens: &[Token], floor: usize, i: usize) -> bool {
    let light = |t: &&Token| matches!(t.kind, Kind::Colon | Kind::Weekday(_)) || t.is_any(&["on", "the", "date"]);
    before(tokens, floor, i).find(|t| !light(t)).is_some_and(|t| t.is_any(&["ends", "ending", "end", "finishes", "finish"]))
}

/// "was held on": past.
fn held(tokens: &[Token], floor: usize, i: usize) -> Role {
    let mut words = before(tokens, floor, i).map(|t| t.text.to_ascii_lowercase()).collect::<Vec<_>>();
    words.reverse();
    let past = words.windows(2).any(|w| matches!((w[0].as_str(), w[1].as_str()), ("was" | "were" | "last" | "first", "held") | ("took", "place")));
    // "Recorded on 12 October"; not "recorded link of the meeting on 12 October".
    let past = past || words.iter().rev().find(|w| *w != "on").is_some_and(|w| w == "recorded" || w == "filmed");
    let booking = words
        .windows(2)
        .any(|w| matches!((w[0].as_str(), w[1].as_str()), ("applications" | "registration" | "booking" | "bookings" | "submissions", "open")));
    let last_to = words.windows(3).any(|w| {
        matches!(w[0].as_str(), "last" | "final" | "latest")
            && matches!(w[1].as_str(), "date" | "day" | "chance" | "date/time")
            && matches!(w[2].as_str(), "to" | "for")
    });
    if last_to {
        Role::Deadline
    } else if past {
        Role::Past
    } else if booking {
        Role::Other
    } else {
        Role::Event
    }
}

/// Judges the time at token `from`.
pub(super) fn of_time(tokens: &[Token], floor: usize, from: usize) -> TimeRole {
    const ENDS: &[&str] = &["finish", "finishes", "finishing", "ends", "ending", "end", "closes", "close", "until", "till"];
    #[rustfmt::skip]
    const ASIDE: &[&str] = &[
        "doors", "gates", "registration", "arrive", "arriving", "arrival", "arrivals", "breakfast", "coffee", "tea", "lunch", "networking", "refreshments", "drinks", "supper",
        "dinner",
    ];
    let near: Vec<_> = before(tokens, floor, from).take(4).filter(|t| t.kind == Kind::Word || t.kind == Kind::Dash).collect();
    let has = |words: &[&str]| near.iter().take(2).any(|t| t.is_any(words));
    if has(ASIDE) {
        TimeRole::Aside
    } else if has(ENDS) {
        TimeRole::End
    } else {
        TimeRole::Start
    }
}

/// "w/c", "w/b", "week commencing" before the date.
pub(super) fn names_week(tokens: &[Token], from: usize) -> bool {
    let near = &tokens[from.saturating_sub(3)..from];
    let slashed = matches!(near, [w, s, c] if w.is("w") && s.kind == Kind::Slash && c.is_any(&["c", "b"]));
    slashed || near.iter().any(|t| t.is("week")) && near.iter().any(|t| t.is_any(&["commencing", "beginning", "of"]))
}

/// "moved from": the range behind it is a change, not a length of time.
pub(super) fn is_move(tokens: &[Token], floor: usize, from: usize) -> bool {
    let mut words = before(tokens, floor, from);
    words.next().is_some_and(|t| t.is("from")) && words.take(3).any(|t| t.is_any(MOVES))
}

/// Whether the date at `from` is the first of a series whose other dates are not listed ("first one 13 January", "monthly from 13 January").
pub(super) fn begins_series(tokens: &[Token], floor: usize, from: usize, to: usize) -> bool {
    const RECURRING: &[&str] = &["monthly", "weekly", "fortnightly", "quarterly", "termly", "every", "each", "once"];
    let near: Vec<_> = before(tokens, floor, from).take(4).collect();
    if near.iter().any(|t| t.is("first")) {
        return true;
    }
    let starts = near.iter().take(3).any(|t| t.is_any(&["from", "starts", "starting", "begins", "beginning", "commencing"]));
    // "starts 13 January and runs for 8 weeks"
    let lasts = tokens[to..].iter().take(9).take_while(|t| t.kind != Kind::Newline).any(|t| t.is_any(&["weeks", "months", "sessions", "terms"]));
    let from = from.saturating_sub(60).max(floor);
    let plural = |t: &Token| matches!(t.kind, Kind::Weekday(_)) && t.text.ends_with('s') && t.text.len() > 6;
    let recurs = || tokens[from..].iter().take(60).any(|t| t.is_any(RECURRING) || plural(t));
    starts && (lasts || recurs())
}
