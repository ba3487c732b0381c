//! Words of cost in the voices of many kinds of listing. All are our own wording.

use super::*;

/// `min..max` in pounds; `-` is "not stated".
fn shown(text: &str) -> String {
    let show = |m: Option<Money>| m.map(|m| m.to_string().replace(['£', ','], "")).unwrap_or_default();
    read(text, Origin::Prose).price.map_or_else(|| "-".to_owned(), |p| format!("{}..{}", show(p.value.min), show(p.value.max)))
}

/// All failures are shown at once.
pub(super) fn check(cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases.iter().map(|(text, expected)| (text, expected, shown(text))).filter(|(_, expected, got)| got != *expected).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn one_price() {
    check(&[
        ("Cost: £45", "45..45"),
        ("£45 per person", "45..45"),
        ("£45pp including lunch", "45..45"),
        ("Tickets £12.50 each", "12.50..12.50"),
        ("The fee is £1,250 for the whole programme", "1250..1250"),
        ("£95 + VAT", "95..95"),
        ("£95 (ex VAT)", "95..95"),
        ("£114 inc. VAT", "114..114"),
        ("GBP 60", "60..60"),
        ("60 GBP", "60..60"),
        ("Just a tenner? No: 15 pounds a head", "15..15"),
        ("Course fee £180, payable in three instalments", "180..180"),
        ("£30 for a full day of training", "30..30"),
        ("From £25", "25.."),
        ("Prices start at £40", "40.."),
        ("Places cost £35 and include refreshments", "35..35"),
        ("€40", "€40..€40"),
    ]);
}

#[test]
fn tiers() {
    check(&[
        ("Members £20, non-members £35", "20..35"),
        ("£35 (members £20)", "20..35"),
        ("Free to members; £15 for everyone else", "0..15"),
        ("Early bird £80 until 1 May, £100 thereafter", "80..100"),
        ("£60 / £40 concessions", "40..60"),
        ("Standard £60, concession £40, student £25", "25..60"),
        ("£10 unwaged, £25 waged, £50 organisations", "10..50"),
        ("Small organisations (turnover under £100k) £50, large organisations £150", "50..150"),
        ("Individuals: £75. Organisations: £150.", "75..150"),
        ("£25-£75 depending on the size of your organisation", "25..75"),
        ("£5–£25 sliding scale", "5..25"),
        ("Students free, all others £12", "0..12"),
        ("Accredited museums free, others £30 + VAT", "0..30"),
        ("£90 for the first delegate, £60 for each further one", "60..90"),
        ("£150 for both days or £90 for one", "90..150"),
        ("In person £80, online £35", "35..80"),
        ("Full price £120, low income £60, bursary places £20", "20..120"),
        ("Between £48 and £96", "48..96"),
        ("£35 per session or £90 for all three", "35..90"),
        ("£5 (free for under 26s)", "0..5"),
        ("£48 to £96", "48..96"),
    ]);
}

#[test]
fn free() {
    check(&[
        ("Free", "0..0"),
        ("FREE EVENT", "0..0"),
        ("This session is free to attend but booking is essential", "0..0"),
        ("Free for freelancers based in Wales", "0..0"),
        ("Cost: free (funded by the council)", "0..0"),
        ("There is no charge for this workshop", "0..0"),
        ("Fee: none", "0..0"),
        ("The fee is waived", "0..0"),
        ("Attendance is free of charge", "0..0"),
        ("Fully funded places for schools", "0..0"),
        ("£0.00", "0..0"),
        ("Price: £0", "0..0"),
        ("Free, with a £50 bursary towards your travel", "0..0"),
        ("Free. A £20 fee is charged for late cancellation.", "0..0"),
        ("Take part in our research: we pay you £60.", "0..0"),
        ("You will be paid £150 a day to take part, and the course is free", "0..0"),
    ]);
}

#[test]
fn pay_what_you_can() {
    check(&[
        ("Pay what you can", "0.."),
        ("Pay what you can (suggested £10)", "0..10"),
        ("Pay-what-you-decide, from £3 to £15", "3..15"),
        ("Pay what you feel, recommended £8", "0..8"),
        ("Sliding scale £10-£30", "10..30"),
        ("Suggested donation £5", "0..5"),
        ("£5 suggested donation", "0..5"),
        ("By donation", "0.."),
        ("You pay £20 or what you can afford", "20..20"),
        ("PWYC £5/£10/£15", "5..15"),
    ]);
}

#[test]
fn what_is_not_the_price_is_left_out() {
    check(&[
        ("£40. Cancel late and we charge £15.", "40..40"),
        ("£40. Cancellations within 48 hours incur a £10 fee", "40..40"),
        ("Tickets £30. Non-attendance will be charged at £50.", "30..30"),
        ("A non-refundable deposit of £50 secures your place; the full fee is £400", "400..400"),
        ("£400 (deposit £50)", "400..400"),
        ("£85, optional dinner £35", "85..85"),
        ("£85. Add lunch for £12.", "85..85"),
        ("£85 plus £10 for the workbook", "85..85"),
        ("£20; parking £6", "20..20"),
        ("£25 (bursaries of up to £200 are available for travel)", "25..25"),
        ("£25. Travel grants of £100 for freelancers.", "25..25"),
        ("£65, worth £130", "65..65"),
        ("£65 (normally £95)", "65..65"),
        ("Save £30: book before May at £70", "70..70"),
        ("£15 booking, plus £1.50 booking fee", "15..15"),
        ("£60. Members save £15.", "60..60"),
        ("£20. Those who do not attend will be charged a fee of £50", "20..20"),
        ("Free to book; a £25 charge applies to no-shows", "0..0"),
        ("£65 with an optional dinner at £30", "65..65"),
        ("Conference fee £240. Hotel rooms from £79 a night.", "240..240"),
        ("£40, reduced from £60", "40..40"),
        ("£12 plus booking fee £1.20", "12..12"),
        ("£12 + £1.50 p&p", "12..12"),
        ("£65 including lunch", "65..65"),
        ("£180, payable in three instalments of £60", "180..180"),
        ("£45 for the day. Certificate £15.", "45..45"),
        ("Training with lunch £45", "45..45"),
        ("£45 with free cancellation until Monday", "45..45"),
        ("£45; the recording is £10 for the handbook", "45..45"),
        ("£120 a day; late booking surcharge £20", "120..120"),
        ("£24 paid on the door", "24..24"),
        ("£30. Essential companions free.", "30..30"),
        ("£30. No longer free.", "30..30"),
        ("£50. Join us for £35 a year and get 10% off", "50..50"),
    ]);
}

#[test]
fn money_that_nobody_pays_to_attend_is_no_price() {
    check(&[
        ("Grants of £5,000 to £15,000 are on offer", "-"),
        ("Awards of up to £10,000", "-"),
        ("Salary £28,500 per annum", "-"),
        ("£31,000 pro rata, 0.6 FTE", "-"),
        ("Apply for up to £3,000 to develop an idea", "-"),
        ("The artist's fee is £2,500 plus expenses", "-"),
        ("The award has generated £4m for the town", "-"),
        ("A £1.2m programme", "-"),
        ("We have raised £40,000 for the roof", "-"),
        ("First prize £500", "-"),
        ("The charity manages a budget of £250,000", "-"),
        ("Worth over £300", "-"),
        ("How to raise your first £10,000", "-"),
        ("Funding of between £500 and £5,000", "-"),
        ("A £300,000 project for the town", "-"),
        ("Our sponsor gave £10,000", "-"),
        ("Annual membership is £60", "-"),
        ("Deposit: £20, refunded on the day", "-"),
        ("Late cancellation: £25", "-"),
        ("The exhibition catalogue costs £25", "-"),
        ("A £2,000 bursary is paid to each trainee", "-"),
        ("£100 honorarium for every speaker", "-"),
        ("Artists receive £150", "-"),
        ("Commission fee £8,000", "-"),
    ]);
}

#[test]
fn figures_that_cannot_be_prices_are_not_stated() {
    check(&[
        ("£1e9", "-"),
        ("£1,000,000,000", "-"),
        ("£99999999999", "-"),
        ("£-5", "-"),
        ("£", "-"),
        ("Cost: TBC", "-"),
        ("Fees apply", "-"),
        ("Prices on the website", "-"),
        ("£££", "-"),
        ("£12.345.678", "-"),
    ]);
}

proptest::proptest! {
    #[test]
    fn a_printed_price_reads_back(pence in 1u32..900_000_000) {
        let money = Money::pence(pence);
        let price = read(&format!("Cost: {money}"), Origin::Prose).price.unwrap().value;
        proptest::prop_assert_eq!((price.min, price.max), (Some(money), Some(money)));
    }

    #[test]
    fn the_lowest_is_never_above_the_highest(words in proptest::collection::vec(proptest::prop_oneof![
        proptest::strategy::Just("£20"), proptest::strategy::Just("£35.50"), proptest::strategy::Just("free"), proptest::strategy::Just("members"), proptest::strategy::Just("-"),
        proptest::strategy::Just("£"), proptest::strategy::Just("half price"), proptest::strategy::Just("from"), proptest::strategy::Just("pay what you can"),
        proptest::strategy::Just("up to"), proptest::strategy::Just(","), proptest::strategy::Just("deposit"), proptest::strategy::Just("1e9"), proptest::strategy::Just("€9"),
    ], 0..20)) {
        if let Some(price) = read(&words.join(" "), Origin::Prose).price {
            let ordered = price.value.min.zip(price.value.max).is_none_or(|(min, max)| min <= max);
            proptest::prop_assert!(ordered);
        }
    }

    #[test]
    fn without_a_word_of_it_nothing_is_free(words in proptest::collection::vec("[a-z]{3,9}", 0..20)) {
        let said = ["free", "complimentary", "zero", "nothing", "donation", "pwyc"];
        proptest::prop_assume!(!words.iter().any(|w| said.contains(&w.as_str())));
        proptest::prop_assert_eq!(read(&words.join(" "), Origin::Prose).price, None);
    }

    #[test]
    fn any_text_is_read_without_panic(text in "\\PC{0,200}") {
        let _ = read(&text, Origin::Prose);
    }
}

#[test]
fn a_long_text_of_one_phrase_is_read() {
    for phrase in ["£5 ", "(£5 ", "free ", "£40 per month for 6 months, ", "members ", "cancel (", "book (£5) ", "£1,000,"] {
        let text = phrase.repeat(250_000 / phrase.len());
        let price = read(&text, Origin::Prose).price;
        assert!(price.is_none_or(|p| p.value.min <= p.value.max || p.value.max.is_none()));
    }
}
