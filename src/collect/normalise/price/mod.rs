//! What a place costs, from words: tiers, free places, and help with the fee (taxonomy section 7).
//!
//! Unknown stays unknown. Fees for cancelling, deposits, grants, salaries, prizes, extras and money paid to the attendee are no prices.

mod amount;
#[cfg(test)]
mod cases;
mod flags;
mod named;
#[cfg(test)]
mod phrases;
mod purpose;
mod rate;

use amount::Amount;
use purpose::is_price;

use super::date::token::{Token, tokens};
use super::words;
use crate::domain::{CostFlag, Fact, Money, Origin, Price};

/// A price with the cost flags of the same words.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cost {
    pub price: Option<Fact<Price>>,
    pub flags: Vec<Fact<CostFlag>>,
}

/// Reads what `text` says of cost; `origin` says where the words came from.
#[must_use]
pub fn read(text: &str, origin: Origin) -> Cost {
    let tokens = tokens(text);
    let lower = words::lower(text);
    let amounts: Vec<Amount> = amount::amounts(&tokens);
    let whole = |a: &Amount| rate::total(&tokens, a).or_else(|| is_price(&tokens, a).then_some(*a));
    let kept: Vec<Amount> = same_currency(amounts.iter().filter(|a| !named::is_other(&tokens, a)).filter_map(whole).collect());
    let free = free_words(&lower);
    let price = price(&tokens, &lower, &kept, free).map(|(price, at, sure)| {
        let words = words::around(text, at);
        Fact::new(price, origin, words, if origin == Origin::Field { sure.max(0.9) } else { sure })
    });
    let several = price.as_ref().is_some_and(|p| !p.value.is_free());
    let flags = flags::read(text, &lower, &tokens, &amounts, several, origin);
    Cost { price, flags }
}

/// A second currency repeats the first price for others.
fn same_currency(amounts: Vec<Amount>) -> Vec<Amount> {
    let first = amounts.iter().find(|a| a.low.currency == crate::domain::Currency::GBP).or(amounts.first()).map(|a| a.low.currency);
    amounts.into_iter().filter(|a| Some(a.low.currency) == first).collect()
}

/// The price, where it stands, and how sure.
fn price(tokens: &[Token], lower: &str, amounts: &[Amount], free: Option<usize>) -> Option<(Price, usize, f32)> {
    let max = amounts.iter().map(|a| a.high).max();
    let at = amounts.first().map(|a| tokens[a.from].start);
    let Some(max) = max else { return without_amounts(lower, free) };
    let mut min = amounts.iter().map(|a| a.low).min().unwrap_or(max);
    if halves(lower) {
        min = Money::new(min.minor / 2, min.currency).unwrap_or(min);
    }
    let nothing = Money::new(0, max.currency)?;
    let full_help = full_bursary(lower);
    let by_choice = flags::is_pay_what_you_can(lower) || words::has(lower, "donations welcome");
    let open_below = amounts.len() == 1 && by_choice && is_suggested(tokens, &amounts[0]);
    let from_nothing = words::has(lower, "from nothing") || words::has(lower, "from zero");
    if free.is_some() || full_help || open_below || from_nothing {
        min = nothing;
    }
    let open_above = amounts.len() == 1 && amounts[0].low == amounts[0].high && follows_from(tokens, &amounts[0]);
    let price = Price { min: Some(min), max: (!open_above).then_some(max) };
    Some((price, at?.min(free.unwrap_or(usize::MAX)), 0.85))
}

/// "Students half price" halves the lowest price; "half price at £30" has been halved already.
fn halves(lower: &str) -> bool {
    let halved = |rest: &str| ["at £", "for £", "of £", ": £", "£", "(£", "– £", "- £"].iter().any(|p| rest.trim_start().starts_with(p));
    ["half price", "half-price"].iter().any(|p| words::find(lower, p).is_some_and(|at| !halved(&lower[at + p.len()..])))
}

/// "Free for members": what others pay is not stated.
fn is_free_for_members_only(lower: &str, at: usize) -> bool {
    let rest = &lower[at..];
    let named = ["free for ", "free to "].iter().find_map(|p| rest.strip_prefix(p)).is_some_and(|who| {
        let who: Vec<&str> = who.split([' ', '.', ',', ';', '\n']).take(5).collect();
        let member = who.iter().position(|w| *w == "members");
        member.is_some_and(|m| {
            !who.get(m + 1).is_some_and(|w| matches!(*w, "of" | "and" | "or"))
                && !who[..m].iter().any(|w| matches!(*w, "and" | "all" | "non" | "staff"))
        })
    });
    let before = lower[..at].trim_end();
    let before = ["go", "attend", "are", "come", "get in"].iter().find_map(|v| before.strip_suffix(v)).unwrap_or(before).trim_end_matches([' ', ':']);
    named || before.ends_with("members") && !before.ends_with("non-members") && !before.ends_with("all members")
}

fn without_amounts(lower: &str, free: Option<usize>) -> Option<(Price, usize, f32)> {
    let nothing = Money::pence(0);
    if let Some(at) = free {
        if is_free_for_members_only(lower, at) {
            return Some((Price { min: Some(nothing), max: None }, at, 0.7));
        }
        return Some((Price { min: Some(nothing), max: Some(nothing) }, at, 0.85));
    }
    if let Some(at) = flags::paid_to_attend(lower) {
        return Some((Price { min: Some(nothing), max: Some(nothing) }, at, 0.6));
    }
    flags::pay_what_you_can(lower).map(|at| (Price { min: Some(nothing), max: None }, at, 0.6))
}

/// "pay what you can up to £45", "suggested £20".
fn is_suggested(tokens: &[Token], amount: &Amount) -> bool {
    let before = &tokens[amount.from.saturating_sub(3)..amount.from];
    before.iter().any(|t| t.is_any(&["suggested", "recommended", "up", "usual", "typical"]))
        || tokens.get(amount.to).is_some_and(|t| t.is_any(&["suggested", "recommended"]))
}

fn follows_from(tokens: &[Token], amount: &Amount) -> bool {
    amount.from.checked_sub(1).is_some_and(|b| tokens[b].is("from")) || preceded_by(tokens, amount, &["from", "at"], "start")
}

fn preceded_by(tokens: &[Token], amount: &Amount, last: &[&str], stem: &str) -> bool {
    let near = amount.from.checked_sub(2).map(|b| (&tokens[b], &tokens[b + 1]));
    near.is_some_and(|(a, b)| b.is_any(last) && a.text.to_ascii_lowercase().starts_with(stem))
}

/// Words that say that it costs nothing.
#[rustfmt::skip]
const FREE: &[&str] = &[
    "free of charge", "no charge", "no cost", "without charge", "fully funded", "fully-funded", "fully subsidised", "fully-subsidised",
    "complimentary", "nothing to pay", "no fee", "costs nothing", "cost: nil", "cost nil", "school: nil", "fee: nil", "fee: none", "cost: none", "price: none", "fee is waived", "fees are waived", "price: nil", "at no cost",
    "free",
];
/// What "free" goes with when it says nothing of the fee.
#[rustfmt::skip]
const FREE_OF: &[&str] = &[
    "parking", "lunch", "wifi", "wi-fi", "refreshments", "coffee", "tea", "time", "resources", "resource", "up", "trial", "gift", "copy",
    "toolkit", "download", "range", "to enter", "to choose", "to contact", "to ask", "to join us for", "school meals", "entry to the museum",
    "consultation", "advice", "newsletter", "to bring", "from", "to use", "to get in touch", "speech", "school", "drink", "drinks", "booklet",
    "childcare", "transport", "travel", "to forward", "to share", "to email", "food", "cake", "cancellation", "cancellations", "companion", "carer", "essential companion",
];

/// What comes before "free" when it says nothing of the fee.
#[rustfmt::skip]
const NOT_FREE: &[&str] = &[
    "gluten ", "feel ", "step ", "dairy ", "sugar ", "barrier ", "toll ", "set ", "hands ", "nut ", "smoke ", "tax ", "stress ", "longer ",
];

/// Where the text says that it is free, for everyone or for some.
fn free_words(lower: &str) -> Option<usize> {
    FREE.iter().filter_map(|phrase| first_free(lower, phrase)).min()
}

fn first_free(lower: &str, phrase: &str) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = words::find_from(lower, phrase, at) {
        at = found + phrase.len();
        let rest = lower[at..].trim_start_matches([' ', '-']);
        let before = &lower[..found];
        let compound = before.ends_with('-') || NOT_FREE.iter().any(|p| before.ends_with(p)) || is_of_companion(before);
        let other = phrase == "free" && FREE_OF.iter().any(|w| rest.starts_with(w) && !rest[w.len()..].starts_with(char::is_alphanumeric));
        let not = before.ends_with("not ") || before.ends_with("not a ");
        let booking = phrase == "no fee" && before.ends_with("booking ");
        if !(compound || other || not || booking) {
            return Some(found);
        }
    }
    None
}

/// "Personal assistants go free".
fn is_of_companion(before: &str) -> bool {
    const WHO: &[&str] = &["companion", "companions", "carer", "carers", "assistant", "assistants", "chaperone", "chaperones", "support workers"];
    let before = before.trim_end();
    let before = ["go", "attend", "are", "come", "get in"].iter().find_map(|v| before.strip_suffix(v)).unwrap_or(before).trim_end();
    WHO.iter().any(|w| before.ends_with(w))
}

/// A bursary that pays the whole fee counts as a free place.
fn full_bursary(lower: &str) -> bool {
    let bursary = words::has(lower, "bursaries") || words::has(lower, "bursary");
    let whole = [
        "covering the fee",
        "covering the full fee",
        "cover the fee",
        "cover the full fee",
        "covers the fee",
        "covering the full cost",
        "cover the full cost",
        "full bursary",
        "full bursaries",
        "100% bursar",
    ];
    bursary && whole.iter().any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `min..max` in pounds, or nothing.
    fn check(text: &str, expected: &str) {
        let show = |m: Option<Money>| m.map(|m| m.to_string().replace('£', "")).unwrap_or_default();
        let got = read(text, Origin::Prose).price.map(|p| format!("{}..{}", show(p.value.min), show(p.value.max)));
        assert_eq!(got.unwrap_or_default(), expected, "{text}");
    }

    #[test]
    fn tiers_give_the_lowest_and_the_highest() {
        check("£25", "25..25");
        check("£25–£45", "25..45");
        check("£10/£8", "8..10");
        check("Free for members, £20 others", "0..20");
        check("Both days £210 / one day £125. Students half price.", "62.50..210");
        check("From £5. Details via the gallery", "5..");
        check("Pay what you can, from nothing to £20", "0..20");
        check("Early bird £240, then £295", "240..295");
        check("£20 / €25", "20..20");
        check("£1,095 + VAT", "1,095..1,095");
        check("Bursary places at £20, otherwise £200", "20..200");
    }

    #[test]
    fn free_is_free_for_all() {
        for text in [
            "Free.",
            "No charge; lunch provided",
            "£0",
            "Fully funded by the authority",
            "Nothing to pay",
            "Free + £500 towards cover",
            "Supply paid.",
        ] {
            check(text, "0..0");
        }
    }

    #[test]
    fn what_is_not_a_price_stays_unknown() {
        for text in [
            "Step-free access, gluten free lunch, free parking, feel free to ask",
            "Late cancellation fee £25",
            "A refundable deposit of £10",
            "Grants of up to £5,000",
            "Salary £29,269 pro rata; c. £44k",
            "£500 towards cover",
            "enter to win a £50 voucher",
            "Optional lunch £12",
            "Membership £40 a year",
            "£1e9",
            "Fees vary",
        ] {
            let got = read(text, Origin::Prose).price;
            let price = got.filter(|p| !p.value.is_free());
            assert_eq!(price, None, "{text}");
        }
    }
}
