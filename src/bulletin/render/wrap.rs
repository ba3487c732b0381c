//! Plain text at a width that every mail program shows whole.
//!
//! Breaks only at spaces; an address that is longer than a line stays in one piece, because a broken one cannot be followed.

/// Wraps each line at `columns` characters. A continuation is indented as its line, and a step more under list items and labels.
#[must_use]
pub fn wrap(text: &str, columns: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    for line in text.lines() {
        wrap_line(line.trim_end(), columns, &mut out);
        out.push('\n');
    }
    out
}

fn wrap_line(line: &str, columns: usize, out: &mut String) {
    let words = line.trim_start();
    let margin = line.chars().count() - words.chars().count();
    let labelled = words.split(' ').take(2).any(|w| w.ends_with(':'));
    let hang = if words.starts_with("* ") || (margin > 0 && labelled) { margin + 2 } else { margin };
    out.extend(std::iter::repeat_n(' ', margin));
    let mut column = margin;
    let mut first = true;
    for word in words.split(' ') {
        let width = word.chars().count();
        if !first && column + 1 + width > columns {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', hang));
            column = hang;
        } else if !first {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += width;
        first = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_break_between_words_and_addresses_stay_whole() {
        let check = |input: &str, expected: &str| assert_eq!(wrap(input, 12), expected);
        check("one two three four", "one two\nthree four\n");
        check("* one two three", "* one two\n  three\n");
        check("  Who: a trust here", "  Who: a\n    trust\n    here\n");
        check("  one two three", "  one two\n  three\n");
        check("https://a.example/long/path x", "https://a.example/long/path\nx\n");
        check("a  \n\nb", "a\n\nb\n");
    }

    proptest! {
        #[test]
        fn wrapping_loses_no_word_and_only_long_words_stand_out(text in "([a-zé:*]{1,90}| |\n){0,60}") {
            let wrapped = wrap(&text, 76);
            prop_assert!(wrapped.split_whitespace().eq(text.split_whitespace()));
            for line in wrapped.lines().filter(|l| l.chars().count() > 76) {
                // A lone word after its margin, or a margin that is too wide itself.
                prop_assert!(line.split_whitespace().count() <= 1 || line.starts_with("    "), "{line:?}");
            }
        }
    }
}
