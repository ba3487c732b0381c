//! The bulletin's colour, and the colour of words on it that can be read (WCAG 2.2 1.4.3: contrast of at least 4.5 to 1).

/// Used when the bulletin's own cannot be read as a colour.
pub const DEFAULT: &str = "#0b3d5c";

/// Red, green and blue of `#rrggbb`.
#[must_use]
pub fn parse(colour: &str) -> Option<[u8; 3]> {
    let digits = colour.trim().strip_prefix('#').filter(|d| d.len() == 6 && d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let part = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// A background and the words on it: white where that is readable, otherwise black.
#[must_use]
pub fn pair(colour: &str) -> (String, &'static str) {
    match parse(colour) {
        Some(rgb) => (colour.trim().to_lowercase(), if contrast(rgb, [255; 3]) >= 4.5 { "#ffffff" } else { "#000000" }),
        None => (DEFAULT.to_owned(), "#ffffff"),
    }
}

/// Contrast ratio, 1 to 21.
#[must_use]
pub fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let [r, g, b] = rgb.map(|part| {
        let s = f64::from(part) / 255.0;
        if s <= 0.04045 { s / 12.92 } else { ((s + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_any_colour_can_be_read() {
        for colour in ["#000000", "#ffffff", "#777777", "#ff8800", "#0b3d5c", "#767676", "#808080"] {
            let (background, words) = pair(colour);
            let ratio = contrast(parse(&background).unwrap(), parse(words).unwrap());
            assert!(ratio >= 4.5, "{colour}: {ratio}");
        }
        for bad in ["red", "#fff", "#12345g", "#0b3d5c;background:url(x)", "ä#0000", ""] {
            assert_eq!(pair(bad), (DEFAULT.to_owned(), "#ffffff"), "{bad}");
        }
    }

    /// Pairs of the templates: words on their background, light and dark, in the mail and on the pages.
    #[test]
    fn the_templates_colours_have_enough_contrast() {
        let pairs = [
            ("#1b1f23", "#ffffff"),
            ("#4d555c", "#ffffff"),
            ("#0b5394", "#ffffff"),
            ("#ffffff", "#a3261b"),
            ("#ffffff", "#0b5394"),
            ("#ffffff", "#7a4a00"),
            ("#3f474e", "#eef0f2"),
            ("#0b5394", "#eef0f2"),
            ("#eceff1", "#1f2428"),
            ("#b4bcc4", "#1f2428"),
            ("#8ec5ff", "#1f2428"),
            ("#b4bcc4", "#14171a"),
            ("#8ec5ff", "#14171a"),
        ];
        for (words, ground) in pairs {
            let ratio = contrast(parse(words).unwrap(), parse(ground).unwrap());
            assert!(ratio >= 4.5, "{words} on {ground}: {ratio:.2}");
        }
    }
}
