//! What the words beside an amount name: another thing's price, a size of an organisation, or pay. Looks at a few tokens on either side.

use super::super::date::token::{Kind, Token};
use super::amount::Amount;

/// Things that have a price of their own.
#[rustfmt::skip]
const THINGS: &[&str] = &[
    "book", "books", "ebook", "paperback", "hardback", "catalogue", "dvd", "magazine", "journal", "pamphlet", "poster", "handbook", "workbook",
    "textbook", "guidebook", "toolkit", "lunch", "dinner", "supper", "parking", "accommodation", "certificate", "materials", "recording", "kit",
];
/// Money that is given, or given back.
const GIVEN: &[&str] = &[
    "bursary",
    "bursaries",
    "grant",
    "grants",
    "prize",
    "prizes",
    "award",
    "awards",
    "deposit",
    "stipend",
    "stipends",
    "membership",
    "cancellations",
    "cancellation",
    "no-shows",
    "turnover",
    "income",
    "budget",
];
/// Those who are paid for what they bring.
#[rustfmt::skip]
const PAYEES: &[&str] = &[
    "artist", "artists", "artist's", "artist’s", "facilitator", "facilitators", "facilitator's", "facilitator’s", "speaker", "speakers", "speaker's",
    "contributor", "contributors", "performer", "performers", "writer", "writers", "commissioned", "creative", "creatives", "practitioner's",
    "musician", "musicians", "presenter", "presenters", "mentor's", "trainer's",
];
const FEES: &[&str] = &["fee", "fees", "payment", "honorarium"];

/// Whether the words beside it say that it is no price of a place.
pub(super) fn is_other(tokens: &[Token], amount: &Amount) -> bool {
    let (before, after) = (&tokens[..amount.from], &tokens[amount.to..]);
    is_in_bracket_of_other(before, after)
        || is_bracketed_pay(after)
        || is_of_the_book(before)
        || is_threshold(before, after)
        || is_fee_of_payee(before)
        || is_paid_to(before, after)
        || is_rate_of_pay(before, after)
        || is_admission(before)
        || is_added(before, after)
        || is_refused(before, after)
        || is_negative(before, &tokens[amount.from])
}

/// "book (£15.99)", "bursaries (up to £50)".
fn is_in_bracket_of_other(before: &[Token], after: &[Token]) -> bool {
    let before = &before[before.len().saturating_sub(8)..];
    let Some(open) = before.iter().rposition(|t| t.text == "(" || t.text == ")").filter(|&at| before[at].text == "(") else { return false };
    let inside = &before[open + 1..];
    let plain = inside.len() <= 3 && inside.iter().all(|t| t.is_any(&["up", "to", "of", "from", "about", "each", "a", "until"]));
    let Some(noun) = open.checked_sub(1).map(|at| &before[at]) else { return false };
    // "Please book (£20)" is an invitation.
    let verb =
        noun.is("book") && (noun.is_capital() || open >= 2 && before[open - 2].is_any(&["to", "please", "and", "or", "now", "must", "can", "will"]));
    // "£35 incl. lunch (£25 volunteers)" is a tier.
    let part =
        before[..open - 1].iter().rev().find(|t| t.kind != Kind::Dot).is_some_and(|t| t.is_any(&["incl", "inc", "including", "includes", "with"]));
    let whole = after.first().is_some_and(|t| t.text == ")" || t.kind == Kind::Comma);
    plain && whole && !part && (noun.is_any(THINGS) && !verb || noun.is_any(GIVEN))
}

/// "£25,000 (FTE)", "£10 (refundable)".
fn is_bracketed_pay(after: &[Token]) -> bool {
    let pay = matches!(after, [open, word, ..] if open.text == "(" && word.is_any(&["fte", "pro", "gross"]));
    let alone =
        matches!(after, [open, word, close, ..] if open.text == "(" && close.text == ")" && word.is_any(&["refundable", "optional", "deposit"]));
    pay || alone
}

/// "the book is £15.99", "copies of her book cost £12".
fn is_of_the_book(before: &[Token]) -> bool {
    let near = &before[before.len().saturating_sub(6)..];
    near.windows(2).enumerate().any(|(at, w)| {
        w[0].is_any(&["the", "her", "his", "their", "our", "a", "this", "of"])
            && w[1].is_any(&["book", "books", "catalogue", "paperback", "hardback"])
            && !near[at + 2..].iter().any(|t| matches!(t.kind, Kind::Dot | Kind::Newline | Kind::Comma | Kind::And) || t.text == ";")
    })
}

/// "turnover over £50,000": the size of an organisation.
fn is_threshold(before: &[Token], after: &[Token]) -> bool {
    const SIZES: &[&str] = &["turnover", "income", "budget", "incomes", "turnovers"];
    let bound = before.last().is_some_and(|t| t.is_any(&["over", "under", "below", "above", "than", "exceeding"]))
        || matches!(before, [.., up, to] if up.is("up") && to.is("to"));
    let sized = before.iter().rev().take(40).chain(after.iter().take(4)).any(|t| t.is_any(SIZES));
    bound && sized
}

/// "Artist fee: £300", "the facilitator's fee is £250".
fn is_fee_of_payee(before: &[Token]) -> bool {
    let near = &before[before.len().saturating_sub(5)..];
    near.windows(2).any(|w| w[0].is_any(PAYEES) && w[1].is_any(FEES))
}

/// "£200 fee for each artist", "a £150 fee to contributors", "a fee of £250 is available for each artist".
fn is_paid_to(before: &[Token], after: &[Token]) -> bool {
    let near = &before[before.len().saturating_sub(4)..];
    let clause: Vec<&Token> = after.iter().take(9).take_while(|t| !matches!(t.kind, Kind::Newline | Kind::Comma | Kind::Dot | Kind::Money)).collect();
    let fee = near.iter().chain(clause.iter().copied()).any(|t| t.is_any(FEES));
    let given = clause.windows(3).any(|w| {
        let each = w[0].is_any(&["for", "to"]) && w[1].is_any(&["each", "every", "the", "all", "our", "selected"]);
        each && w[2].is_any(PAYEES)
    }) || clause.windows(2).any(|w| w[0].is("to") && w[1].is_any(PAYEES));
    fee && given
}

/// "£15 per hour", "£180 day rate", "Day rate: £180".
fn is_rate_of_pay(before: &[Token], after: &[Token]) -> bool {
    let hourly = matches!(after, [per, unit, ..] if (per.is_any(&["per", "a", "an", "each", "p"]) || per.kind == Kind::Slash) && unit.is_any(&["hour", "hr", "h"]))
        || after.first().is_some_and(|t| t.is_any(&["ph", "hourly"]));
    let day_rate = matches!(after, [day, rate, ..] if day.is_any(&["day", "daily"]) && rate.is_any(&["rate", "fee"]));
    let before: Vec<&Token> = before.iter().rev().filter(|t| !matches!(t.kind, Kind::Colon) && !t.is_any(&["of", "is"])).take(2).collect();
    let named = matches!(before.as_slice(), [rate, day] if rate.is("rate") && day.is_any(&["day", "daily", "hourly"]));
    hourly || day_rate || named
}

/// "Museum admission £8".
fn is_admission(before: &[Token]) -> bool {
    matches!(before, [.., house, entry]
        if entry.is_any(&["admission", "entry", "entrance"]) && house.is_any(&["museum", "exhibition", "gallery", "castle", "house", "general"]))
}

/// "plus £10 materials", "£10 materials fee".
fn is_added(before: &[Token], after: &[Token]) -> bool {
    let thing = after.first().is_some_and(|t| t.is_any(THINGS));
    let added = before.last().is_some_and(|t| t.kind == Kind::And && !t.is("and") || t.is("optional"));
    thing && (added || after.get(1).is_some_and(|t| t.is_any(&["fee", "charge", "fees"])))
}

/// "instead of £95", "donations of £5 welcome".
fn is_refused(before: &[Token], after: &[Token]) -> bool {
    let instead = matches!(before, [.., a, b] if a.is("instead") && b.is("of") || a.is("rather") && b.is("than"));
    let near = before.iter().rev().take(4).chain(after.iter().take(3));
    let donations = near.clone().any(|t| t.is("donations")) && !near.clone().any(|t| t.is_any(&["suggested", "recommended"]));
    instead || donations
}

/// "-£5".
fn is_negative(before: &[Token], amount: &Token) -> bool {
    let Some((sign, rest)) = before.split_last() else { return false };
    sign.text == "-" && amount.glued && (!sign.glued || rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::super::date::token::tokens;
    use super::super::amount;
    use super::*;

    fn check(text: &str, expected: bool) {
        let tokens = tokens(text);
        let last = *amount::amounts(&tokens).last().unwrap();
        assert_eq!(is_other(&tokens, &last), expected, "{text}");
    }

    #[test]
    fn other_things_sizes_and_pay_are_told_apart() {
        for text in [
            "Based on her book (£15.99)",
            "small grants (£500 - £2,000)",
            "£25,000 (FTE)",
            "the book is £15.99",
            "turnover under £50,000: £30; over £60,000",
            "Artist fee: £300",
            "£200 fee for each artist",
            "£45 per hour",
            "Day rate: £180",
            "museum admission £8",
            "£40 plus £10 materials",
            "£60 instead of £95",
            "donations of £5 welcome",
            "-£5",
        ] {
            check(text, true);
        }
    }

    #[test]
    fn prices_stay_prices() {
        for text in [
            "Workshop (£20)",
            "Please book (£20)",
            "£20 for artists, £30",
            "Fee: £20",
            "suggested donations of £5",
            "over 18s £10",
            "£35 incl. lunch (£25 volunteers)",
            "Cost - £5",
            "£120 a day",
            "Book the workshop: £20",
        ] {
            check(text, false);
        }
    }
}
