//! Cost flags (taxonomy section 7): member rates, bursaries, money paid to the attendee, sliding scales, VAT, early birds, deposits.

use super::super::date::token::{Kind, Token};
use super::super::words;
use super::amount::Amount;
use crate::domain::{CostFlag, Fact, Origin};

const PAY_WHAT: &[&str] = &[
    "pay what you can",
    "pay-what-you-can",
    "pay what you like",
    "pay what you feel",
    "pay what you want",
    "pay as you feel",
    "pay what you decide",
    "pay-what-you-decide",
    "pay as you can",
    "suggested donation",
    "recommended donation",
    "by donation",
    "pwyc",
    "sliding scale",
    "whatever people can",
    "whatever you can",
];
#[rustfmt::skip]
const PAID: &[&str] = &[
    "supply paid", "supply cover paid", "cover paid", "release time paid", "wages continue", "expenses paid", "supply costs paid", "travel paid",
    "a paid exchange", "pay for your own", "buy your own", "supply cover is paid", "supply is paid", "for cover", "we pay you", "paid opportunity", "you will be paid", "be paid for your time",
];
#[rustfmt::skip]
const TRAVEL: &[&str] = &[
    "towards cover", "towards supply", "cover payment", "supply paid", "supply cover", "release time paid", "cover paid", "for cover",
    "travel bursar", "travel expenses", "travel costs", "we pay digs", "travel paid", "expenses paid", "access costs", "childcare costs",
    "towards travel", "travel grant", "supply costs", "wages continue", "help with travel",
];
#[rustfmt::skip]
const BURSARY: &[&str] = &[
    "bursary", "bursaries", "free places", "subsidised place", "subsidised places", "fee waiver", "fee waivers", "funded places",
    "assisted places", "places at £", "hardship", "low incomes", "low income",
];
const EARLY: &[&str] = &["early bird", "early-bird", "earlybird"];
const VAT: &[&str] = &["+ vat", "+vat", "plus vat", "ex vat", "ex. vat", "exc vat", "excl vat", "excl. vat", "excluding vat", "exclusive of vat"];

pub(super) fn pay_what_you_can(lower: &str) -> Option<usize> {
    PAY_WHAT.iter().filter_map(|p| words::find(lower, p)).min()
}

pub(super) fn is_pay_what_you_can(lower: &str) -> bool {
    pay_what_you_can(lower).is_some()
}

/// The attendee, or the employer, is paid: nobody is charged.
pub(super) fn paid_to_attend(lower: &str) -> Option<usize> {
    PAID.iter().filter_map(|p| words::find(lower, p)).min()
}

/// Every flag the text supports, each once. `several`: a place costs something to somebody.
pub(super) fn read(text: &str, lower: &str, tokens: &[Token], amounts: &[Amount], several: bool, origin: Origin) -> Vec<Fact<CostFlag>> {
    let mut out = Vec::new();
    let mut put = |flag, at: Option<usize>| {
        if let Some(at) = at {
            out.push(Fact::new(flag, origin, words::around(text, at), 0.8));
        }
    };
    let first = |phrases: &[&str]| phrases.iter().filter_map(|p| if p.ends_with("bursar") { lower.find(p) } else { words::find(lower, p) }).min();
    put(CostFlag::Members, several.then(|| members(tokens, amounts)).flatten());
    put(CostFlag::Bursary, first(BURSARY));
    put(CostFlag::Travel, first(TRAVEL).or_else(|| travel_amount(tokens, amounts)));
    put(CostFlag::PayWhatYouCan, pay_what_you_can(lower));
    put(CostFlag::PlusVat, VAT.iter().filter_map(|p| lower.find(p)).min());
    put(CostFlag::EarlyBird, first(EARLY));
    put(CostFlag::Deposit, first(&["deposit"]).filter(|_| !amounts.is_empty()));
    out
}

/// "members" in the clause of an amount or of "free".
fn members(tokens: &[Token], amounts: &[Amount]) -> Option<usize> {
    let marks = amounts.iter().map(|a| (a.from, a.to)).chain(tokens.iter().enumerate().filter(|(_, t)| t.is("free")).map(|(i, _)| (i, i + 1)));
    let stops = |t: &&Token| t.kind == Kind::Newline || t.kind == Kind::Dot || t.text == ";";
    let is_member = |t: &&Token| t.is_any(&["member", "members", "non-members", "nonmembers"]);
    for (from, to) in marks {
        let before = tokens[..from].iter().rev().take(6).take_while(|t| !stops(t)).find(is_member);
        let after = tokens[to..].iter().take(6).take_while(|t| !stops(t)).find(is_member);
        if let Some(found) = before.or(after) {
            return Some(found.start);
        }
    }
    None
}

/// "up to £200 travel".
fn travel_amount(tokens: &[Token], amounts: &[Amount]) -> Option<usize> {
    amounts
        .iter()
        .find(|a| tokens[a.to..].iter().take(3).take_while(|t| t.kind != Kind::And).any(|t| t.is_any(&["travel", "cover", "childcare"])))
        .map(|a| tokens[a.from].start)
}
