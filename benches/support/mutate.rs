//! Documents broken in the ways that documents break: cut, doubled, shuffled, spliced, and salted with what parsers choke on.

use super::Numbers;

/// A document and where it came from.
#[derive(Debug, Clone)]
pub struct Seed {
    pub name: String,
    pub content_type: Option<&'static str>,
    pub body: Vec<u8>,
}

/// No mutant is larger: growth by doubling must not make the run itself slow.
const LARGEST: usize = 256 * 1024;

/// What has broken a parser somewhere before.
const SALT: [&[u8]; 40] = [
    b"\0",
    b"\xFF\xFE",
    b"\xEF\xBB\xBF",
    b"\xC3",
    b"\xF0\x9F\x98",
    "\u{202e}".as_bytes(),
    "\u{0130}\u{1E9E}\u{FB03}".as_bytes(),
    "\u{a0}\u{2028}\u{200b}".as_bytes(),
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b"-->",
    b"<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>&b;",
    b"&#x110000;",
    b"&#0;",
    b"&amp;amp;lt;",
    b"<script type=\"application/ld+json\">{\"@type\":\"Event\",",
    b"<table><tr><td>",
    b"</div></div></div></div>",
    b"<svg><math><p>",
    b"<time datetime=\"0000-00-00T99:99\">",
    b"31/02/2027",
    b"29 February 2027 24:60",
    b"99999999999999999999",
    b"-1e308",
    b"\xC2\xA31e9 - \xC2\xA3-0",
    b"10-11-12-13-14-15pm",
    b"1 January 9999 to 1 January 0001",
    b"BEGIN:VEVENT\r\n",
    b"END:VCALENDAR\r\n",
    b"RRULE:FREQ=SECONDLY\r\n",
    b"RRULE:FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=2\r\n",
    b"DTSTART;TZID=Nowhere/Land:20270328T013000\r\n",
    b"DURATION:-P99999999W\r\n",
    b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n",
    b"Content-Transfer-Encoding: base64\r\n",
    b"=?utf-8?B?////?=",
    b"=\r\n=C3=",
    b"http://[::1]:99999/%",
    b"javascript:alert(1)",
];

/// One seed with one to six changes.
pub fn mutant(seeds: &[Seed], numbers: &mut Numbers) -> Seed {
    let mut out = seeds[numbers.below(seeds.len())].clone();
    for _ in 0..=numbers.below(6) {
        change(&mut out.body, seeds, numbers);
        out.body.truncate(LARGEST);
    }
    // What the server declares is often wrong as well.
    out.content_type = [None, None, Some("text/html"), Some("text/calendar"), Some("application/rss+xml"), Some("message/rfc822")][numbers.below(6)];
    out
}

fn change(body: &mut Vec<u8>, seeds: &[Seed], numbers: &mut Numbers) {
    let (from, to) = span(body, numbers);
    match numbers.below(9) {
        0 => (0..=numbers.below(16)).for_each(|_| flip(body, numbers)),
        1 => drop(body.splice(from..from, SALT[numbers.below(SALT.len())].iter().copied())),
        2 => drop(body.drain(from..to)),
        3 => body.truncate(to),
        4 => repeat(body, from, to, 2 + numbers.below(40)),
        5 => {
            let piece: Vec<u8> = body.drain(from..to).collect();
            let at = numbers.below(body.len() + 1);
            drop(body.splice(at..at, piece));
        }
        6 => {
            let other = &seeds[numbers.below(seeds.len())].body;
            let (start, end) = span(other, numbers);
            drop(body.splice(from..to, other[start..end].iter().copied()));
        }
        7 => body[from..to].iter_mut().filter(|b| b.is_ascii_digit()).for_each(|b| *b = b'0' + u8::try_from(numbers.below(10)).unwrap_or(0)),
        _ => nest(body, from, 50 + numbers.below(3_000), numbers),
    }
}

/// Somewhere in the body, at most a few thousand bytes long.
fn span(body: &[u8], numbers: &mut Numbers) -> (usize, usize) {
    let from = numbers.below(body.len() + 1);
    let longest = [8, 64, 512, 4_096][numbers.below(4)];
    (from, (from + numbers.below(longest)).min(body.len()))
}

fn flip(body: &mut [u8], numbers: &mut Numbers) {
    if !body.is_empty() {
        let at = numbers.below(body.len());
        body[at] ^= 1 << numbers.below(8);
    }
}

fn repeat(body: &mut Vec<u8>, from: usize, to: usize, times: usize) {
    let piece = body[from..to].repeat(times);
    drop(body.splice(from..from, piece));
}

fn nest(body: &mut Vec<u8>, at: usize, times: usize, numbers: &mut Numbers) {
    let opening: &[u8] = [&b"<div>"[..], b"[", b"{\"a\":", b"BEGIN:VEVENT\r\n", b"<b><i>", b"((", b"> "][numbers.below(7)];
    drop(body.splice(at..at, opening.repeat(times)));
}
