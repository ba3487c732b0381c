//! What an amount is for, judged by the words of its clause: the price of a place, or a grant, a fine, a salary, an extra.
//!
//! Words without a price-like reading win: an amount that may be something else is not the price.

use super::super::date::token::{Kind, Token};
use super::amount::Amount;

#[rustfmt::skip]
const AFTER: &[&str] = &[
    "paid", "voucher", "vouchers", "prize", "prizes", "deposit", "refundable", "pro", "annum", "pa", "budget", "grant", "grants", "turnover",
    "over", "worth", "off", "travel", "membership", "towards", "toward", "cover", "bursary", "bursaries", "award", "awards", "fund", "funding",
    "gift", "discount", "fine", "reward", "commission", "optional", "supplement", "parking", "donation",
    "investment", "raised", "saving", "group", "groups", "expenses", "surcharge", "postage", "annually", "yearly",
];
#[rustfmt::skip]
const BEFORE: &[&str] = &[
    "grant", "grants", "normally", "usually", "previously", "originally", "usual", "was", "rrp", "valued", "bursary", "bursaries", "paid", "pays", "pay", "worth", "raised", "funding", "award", "awards", "prize", "prizes",
    "voucher", "vouchers", "no-show", "show", "deposit", "membership", "optional",
    "turning", "turnover", "commission", "invested", "spent", "budget", "win", "save", "subscription", "stipend",
    "group", "groups", "fine", "reward", "investment", "reimburse", "reimbursed", "expenses", "add", "receive", "discount", "charged", "won", "admin", "administration", "penalty", "supply", "cover", "fines", "raise", "non-attendance",
    "attendance", "book-token", "instalment", "instalments", "installments", "surcharge", "postage", "earn", "earns", "earning", "generated",
    "secured", "awarded", "donated", "gave", "receives", "winner", "winners", "payments", "income",
];

/// Those who pay to attend.
const PAYING: &[&str] =
    &["you", "you'll", "members", "others", "everyone", "else", "non-members", "students", "organisations", "delegates", "attendees", "they", "all"];

/// Things that may be bought beside the place.
#[rustfmt::skip]
const EXTRAS: &[&str] = &[
    "lunch", "dinner", "supper", "parking", "accommodation", "textbook", "workbook", "handbook", "catalogue", "certificate", "certificates",
    "recording", "raffle", "materials", "kit", "kits", "guidebook", "meal",
];
/// Words that make every amount of their clause something else.
#[rustfmt::skip]
const CLAUSE: &[&str] = &[
    "cancel", "cancels", "cancelling", "cancellation", "cancellations", "no-show", "no-shows", "non-attendance", "salary", "salaries", "honorarium",
    "stipend",
];
/// The furthest word of a clause that is looked at.
const REACH: usize = 16;

/// Whether the words around let it be the price of a place.
pub(super) fn is_price(tokens: &[Token], amount: &Amount) -> bool {
    let clause_after = tokens[amount.to..].iter().take(REACH).take_while(|t| !stops(t)).collect::<Vec<_>>();
    let clause_before = clause_before(&tokens[..amount.from]);
    // "£65 with an optional dinner": what comes with it does not say what it is for.
    let own = clause_after.iter().take(5).take_while(|t| !t.is_any(&["with", "including", "includes", "thanks"])).count();
    let (after, before) = (&clause_after[..own], &clause_before[..clause_before.len().min(6)]);
    let tainted = is_of_other_clause(&clause_before, true) || is_of_other_clause(&clause_after, false);
    !(tainted || says_other_after(after) || paid_out(after) || is_extra(before, after) || is_other_thing(after) || says_other_before(before))
}

/// The words of the clause before an amount, nearest first, past what stands in brackets: "cancellations (under 5 days) cost £40".
fn clause_before<'t, 'a>(before: &'t [Token<'a>]) -> Vec<&'t Token<'a>> {
    let mut out = Vec::new();
    let mut at = before.len();
    while at > 0 && out.len() < REACH {
        let token = &before[at - 1];
        if token.text == ")" {
            let window = &before[at.saturating_sub(REACH)..at - 1];
            let plain = window
                .iter()
                .rposition(|t| t.text == "(")
                .filter(|&open| !window[open..].iter().any(|t| matches!(t.kind, Kind::Money | Kind::Newline)));
            let Some(open) = plain else { break };
            at = at.saturating_sub(REACH) + open;
            continue;
        }
        if stops(token) {
            break;
        }
        out.push(token);
        at -= 1;
    }
    out
}

/// "We charge £15 if you cancel late"; free cancellation is no matter. `reversed`: the words are listed backwards.
fn is_of_other_clause(clause: &[&Token], reversed: bool) -> bool {
    let is_free = |at: usize| {
        let before = if reversed { at.checked_add(1) } else { at.checked_sub(1) };
        before.and_then(|b| clause.get(b)).is_some_and(|t| t.is("free"))
    };
    let has = |words: &[&str]| clause.iter().any(|t| t.is_any(words));
    let absent = has(&["attend"]) && has(&["not", "don't", "don’t", "fail"]) || has(&["show", "shows"]) && has(&["no"]);
    absent || clause.iter().enumerate().any(|(at, t)| t.is_any(CLAUSE) && !is_free(at))
}

fn says_other_after(after: &[&Token]) -> bool {
    let on_the_door = |at: usize| after[at].is("paid") && after.get(at + 1).is_some_and(|t| t.is_any(&["on", "at", "in", "by"]));
    let suggested = |at: usize| after[at].is("donation") && at > 0 && after[at - 1].is_any(&["suggested", "recommended"]);
    let named = (0..after.len()).any(|at| after[at].is_any(AFTER) && !on_the_door(at) && !suggested(at));
    let booking = matches!(after, [a, b, ..] if a.is_any(&["booking", "admin", "transaction"]) && b.is_any(&["fee", "fees"]));
    named && !after.first().is_some_and(|t| t.kind == Kind::And && !after.get(1).is_some_and(|t| t.is("expenses"))) || booking
}

/// Listed backwards.
fn says_other_before(before: &[&Token]) -> bool {
    let has = |words: &[&str]| before.iter().any(|t| t.is_any(words));
    let salary = before.first().is_some_and(|t| t.kind == Kind::Dot) && before.get(1).is_some_and(|t| t.is("c"));
    let reduced = matches!(before, [a, b, ..] if a.is("from") && b.is_any(&["reduced", "down"]));
    let booking = matches!(before, [a, b, c, ..] if a.is("fee") && b.is("booking") && c.kind == Kind::And);
    let included = before.iter().take(2).any(|t| t.is_any(&["includes", "including"]));
    let sought = has(&["apply"]) && has(&["for"]);
    // "pay what you can", "you pay £20"
    let charged = |at: usize| {
        before[at].is_any(&["pay", "paid"]) && has(&["what"]) || before[at].is("pay") && before.get(at + 1).is_some_and(|t| t.is_any(PAYING))
    };
    let named = (0..before.len()).any(|at| before[at].is_any(BEFORE) && !charged(at));
    let bursary_place = has(&["bursary", "bursaries"]) && has(&["place", "places", "rate", "ticket", "tickets"]);
    salary || reduced || booking || included || sought || named && !bursary_place
}

/// "lunch £12", "£10 for the workbook"; a lunch that is part of it is no extra.
fn is_extra(before: &[&Token], after: &[&Token]) -> bool {
    const PART: &[&str] = &["including", "includes", "include", "included", "with", "inc", "incl", "and", "a", "&"];
    let named = (0..before.len()).any(|at| before[at].is_any(EXTRAS) && !before.get(at + 1).is_some_and(|t| t.is_any(PART)));
    let bought = after.first().is_some_and(|t| t.is("for")) && {
        let thing = after[1..].iter().position(|t| !t.is_any(&["the", "a", "an", "your", "optional", "each"])).map_or(after.len(), |at| at + 1);
        after.get(thing).is_some_and(|t| t.is_any(EXTRAS)) && !after.get(thing + 1).is_some_and(|t| t.kind == Kind::And)
    };
    named || bought
}

/// A subscription or a bed, not a place: "£35 a year", "£79 a night"; or the size of an undertaking: "a £300,000 project".
fn is_other_thing(after: &[&Token]) -> bool {
    const UNDERTAKINGS: &[&str] = &["project", "scheme", "refurbishment", "redevelopment", "campaign", "appeal", "raffle"];
    let period = matches!(after, [a, b, ..] if a.is_any(&["a", "per"]) && b.is_any(&["year", "month", "night"]));
    let post = matches!(after, [a, b, c, ..] if a.is("p") && b.kind == Kind::And && c.is("p"));
    period || post || after.first().is_some_and(|t| t.is_any(UNDERTAKINGS))
}

/// "£300 to each museum", "£120 a session ... needed": money that goes to the attendee.
fn paid_out(after: &[&Token]) -> bool {
    after.first().is_some_and(|t| t.is("to"))
        && after.get(1).is_some_and(|t| t.is_any(&["each", "the", "every", "your", "participating", "schools", "artists"]))
}

/// The end of a clause. A bracket keeps what is inside it together.
fn stops(t: &Token) -> bool {
    matches!(t.kind, Kind::Newline | Kind::Money)
        || matches!(t.text, ";" | "(" | ")" | "!" | "?" | "|")
        || t.kind == Kind::Comma
        || t.kind == Kind::Dot
}
