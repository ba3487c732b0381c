//! Offsets from UTC behind an ISO time.

use chrono::FixedOffset;

use super::token::{Kind, Token};

/// The offset of an ISO time at `from`: `T10:00Z`, `T10:00+01:00`, ` 10:00:00 +0000`.
pub(super) fn read(tokens: &[Token], from: usize, i: usize) -> Option<(Option<FixedOffset>, usize)> {
    let sign = tokens.get(i)?;
    let iso = from > 0 && tokens[from - 1].is("T") && tokens[from].glued;
    if sign.glued && sign.is("Z") && iso {
        return Some((FixedOffset::east_opt(0), i + 1));
    }
    let negative = sign.text == "-";
    let Kind::Number(value) = tokens.get(i + 1).filter(|t| t.glued)?.kind else { return None };
    let ahead = tokens.get(i + 2).is_some_and(|t| t.glued && t.kind == Kind::Colon);
    let (hours, minutes, next) = match (tokens[i + 1].text.len(), tokens.get(i + 3).map(|t| t.kind)) {
        (4, _) => (value / 100, value % 100, i + 2),
        (2, Some(Kind::Number(minutes))) if ahead && iso => (value, minutes, i + 4),
        _ => return None,
    };
    if !(sign.text == "+" || negative && iso) || hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = i32::try_from(hours * 3600 + minutes * 60).ok()?;
    Some((FixedOffset::east_opt(if negative { -seconds } else { seconds }), next))
}
