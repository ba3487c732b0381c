//! `date | place | who` and `who | date | place | price`: the fields of one line, as lists in bulletins put them.

use crate::collect::extract::blocks::Block;
use crate::collect::normalise::{date, mode, price};
use crate::domain::{Origin, RawEvent};

/// The fields of a list item that begins with its date: the linked one is who invites, the other one where it is.
pub fn of_list_line(block: &Block, event: &mut RawEvent) {
    let line = block.text.lines().next().unwrap_or_default();
    let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
    if parts.len() < 2 || date::spans(parts[0]).is_empty() {
        return;
    }
    let linked = |part: &str| block.links.iter().any(|l| l.words == part);
    for part in &parts[1..] {
        if linked(part) && event.provider.is_none() && *part != event.title && !super::words::is_call(part) {
            event.provider = Some((*part).to_owned());
        } else if !linked(part) && event.place.words.is_none() && *part != event.title && !is_price(part) {
            event.place.words = Some((*part).to_owned());
        }
    }
}

/// The fields of a line below a title: what stands before the date is who invites, what stands after it where it is and what it costs.
pub fn of_line(line: &str, event: &mut RawEvent) {
    let parts: Vec<&str> = line.split(" | ").map(str::trim).filter(|p| !p.is_empty()).collect();
    let Some(dated) = parts.iter().position(|p| !date::spans(p).is_empty()) else { return };
    for (at, part) in parts.iter().enumerate().filter(|(at, p)| *at != dated && **p != event.title && p.len() < 150) {
        if is_price(part) {
            event.price_words.get_or_insert_with(|| (*part).to_owned());
        } else if super::words::is_call(part) {
        } else if at < dated {
            if mode::read(part, false, Origin::Field).is_none() && !event.title.contains(part) {
                event.provider.get_or_insert_with(|| (*part).to_owned());
            }
        } else {
            event.place.words.get_or_insert_with(|| (*part).to_owned());
        }
    }
}

fn is_price(part: &str) -> bool {
    price::read(part, Origin::Field).price.is_some()
}
