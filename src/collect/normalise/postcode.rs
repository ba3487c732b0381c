//! UK postcodes in running text. Only those of a known area count.

use super::gazetteer;
use super::words::Word;

/// The outward half of a postcode: "L3", "WC2", "CH65", "SW1A".
pub(super) fn is_outward(word: &str) -> bool {
    let letters = word.chars().take_while(char::is_ascii_uppercase).count();
    let rest = &word.as_bytes()[letters.min(word.len())..];
    let shape = (1..=2).contains(&letters)
        && match rest {
            [d] => d.is_ascii_digit(),
            [d, x] => d.is_ascii_digit() && (x.is_ascii_digit() || x.is_ascii_uppercase()),
            _ => false,
        };
    shape && gazetteer::of_postcode(word).is_some()
}

fn is_inward(word: &str) -> bool {
    matches!(word.as_bytes(), [d, a, b] if d.is_ascii_digit() && a.is_ascii_uppercase() && b.is_ascii_uppercase())
}

/// The first full postcode, printed with its space.
pub(super) fn first(text: &str, words: &[Word]) -> Option<(String, usize)> {
    words.iter().enumerate().find_map(|(i, w)| {
        let next = words.get(i + 1).filter(|n| is_inward(n.text) && text[w.end()..n.start].trim().is_empty());
        if is_outward(w.text) && next.is_some() {
            return next.map(|n| (format!("{} {}", w.text, n.text), w.start));
        }
        let cut = w.text.len().checked_sub(3).filter(|&c| w.text.is_ascii() && c >= 2)?;
        (is_outward(&w.text[..cut]) && is_inward(&w.text[cut..])).then(|| (format!("{} {}", &w.text[..cut], &w.text[cut..]), w.start))
    })
}

#[cfg(test)]
mod tests {
    use super::super::words;
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(first(text, &words::split(text)).map(|(code, _)| code).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_postcode_is_printed_with_its_space() {
        check("Old Hall, Padiham BB12 8UA", Some("BB12 8UA"));
        check("London SW1A1AA.", Some("SW1A 1AA"));
        check("(M1 1AE)", Some("M1 1AE"));
    }

    #[test]
    fn rooms_roads_and_unknown_areas_are_none() {
        for text in ["Room B12", "the M6 toll", "QQ1 1AA", "A4 paper 3 ART", "é1AA"] {
            check(text, None);
        }
    }
}
