//! A text as a sequence of blocks (headings, list items, paragraphs) with their links: what HTML and plain text have in common.
//!
//! Plain text is read as its writers mark it: `#` or underlined headings, `*` items, `[words](address)`, bare addresses.

use std::sync::LazyLock;

use ego_tree::iter::Edge;
use regex::Regex;
use scraper::{ElementRef, Node};

use crate::collect::html;

/// Most blocks of a text.
pub const MOST_BLOCKS: usize = 20_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// 1 is the highest.
    Heading(u8),
    /// A list item; 1 is the outermost list.
    Item(u8),
    Paragraph,
}

#[derive(Debug, Clone)]
pub struct Link {
    pub words: String,
    pub href: String,
}

#[derive(Debug, Clone)]
pub struct Block {
    pub kind: Kind,
    /// Without marks; lines as the writer broke them.
    pub text: String,
    pub links: Vec<Link>,
    /// The first words in bold.
    pub strong: Option<String>,
    /// What a picture just before it says in its alternative text: newsletters set headings as pictures.
    pub pictured: Option<String>,
}

impl Block {
    fn new(kind: Kind) -> Self {
        Self { kind, text: String::new(), links: Vec::new(), strong: None, pictured: None }
    }
}

static MARKS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // [words](address), <https://address> or bare address, **bold**, __bold__, *bold at the start of a line*
    Regex::new(r#"\[((?:[^\[\]]|\[[^\[\]]*\])+)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)?)>?[^)]*\)|<?(https?://[^\s<>"]+)>?|\*\*([^*\n]+)\*\*|__([^_\n]+)__|(?m:^)\*([^*\n]{3,150})\*"#).ok()
});

/// The blocks of plain text.
pub fn of_text(source: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut raw = String::new();
    let mut kind = Kind::Paragraph;
    let mut indents: Vec<usize> = Vec::new();
    let mut comment = false;
    for line in source.lines() {
        let trimmed = line.trim();
        comment |= trimmed.starts_with("<!--");
        if comment {
            comment = !trimmed.contains("-->");
            continue;
        }
        if out.len() >= MOST_BLOCKS {
            break;
        }
        if is_rule(trimmed) {
            if !raw.trim().is_empty() && kind == Kind::Paragraph && !raw.trim().contains('\n') && raw.len() < 200 {
                kind = Kind::Heading(if trimmed.starts_with('=') { 1 } else { 2 });
            }
            flush(&mut out, kind, &mut raw);
            kind = Kind::Paragraph;
            continue;
        }
        if is_shouted(trimmed) {
            flush(&mut out, kind, &mut raw);
            raw.push_str(trimmed);
            flush(&mut out, Kind::Heading(2), &mut raw);
            kind = Kind::Paragraph;
            continue;
        }
        let (starts, next, words) = classify(line, raw.is_empty(), &mut indents);
        if starts || trimmed.is_empty() || matches!(kind, Kind::Heading(_)) {
            flush(&mut out, kind, &mut raw);
            kind = next;
        }
        if !words.is_empty() {
            raw.push_str(words);
            raw.push('\n');
        }
    }
    flush(&mut out, kind, &mut raw);
    out
}

/// `====`, `----`, `****`: an underline or a divider.
fn is_rule(line: &str) -> bool {
    let least = if line.starts_with('#') { 7 } else { 3 };
    line.len() >= least && line.starts_with(['=', '-', '*', '_', '~', '#']) && line.bytes().all(|b| b == line.as_bytes()[0])
}

/// `📚 TRAINING`, `TRAINING THIS TERM`: a heading in capitals or behind an emoji, as plain-text bulletins set them. Not a line with a date,
/// an address or a price: that is an item in capitals.
fn is_shouted(line: &str) -> bool {
    let Some(first) = line.chars().next() else { return false };
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    let pictured = is_pictograph(first) && line.len() < 80;
    let capitals = letters >= 4 && !line.chars().any(char::is_lowercase) && line.chars().count() < 60;
    (pictured || capitals) && letters >= 3 && !line.contains([':', '|', '/', '£', '.']) && !line.chars().any(|c| c.is_ascii_digit())
}

/// Symbols and emoji (Unicode blocks of pictographs), but no bullets or dashes.
fn is_pictograph(c: char) -> bool {
    matches!(u32::from(c), 0x2300..=0x23FF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x1F000..=0x1FAFF)
}

/// Whether a line begins a block of its own, of which kind, and its words without the mark.
fn classify<'a>(line: &'a str, fresh: bool, indents: &mut Vec<usize>) -> (bool, Kind, &'a str) {
    let trimmed = line.trim();
    let hashes = trimmed.bytes().take_while(|b| *b == b'#').count();
    if (1..=6).contains(&hashes) && trimmed[hashes..].starts_with(' ') {
        indents.clear();
        return (true, Kind::Heading(u8::try_from(hashes).unwrap_or(6)), trimmed[hashes..].trim().trim_end_matches('#').trim());
    }
    if let Some(words) = item(trimmed) {
        let indent = line.len() - line.trim_start().len();
        while indents.last().is_some_and(|last| *last > indent) {
            indents.pop();
        }
        if indents.last() != Some(&indent) && indents.len() < 8 {
            indents.push(indent);
        }
        return (true, Kind::Item(u8::try_from(indents.len()).unwrap_or(8)), words);
    }
    if fresh && !trimmed.is_empty() && !line.starts_with([' ', '\t']) {
        indents.clear();
    }
    (false, Kind::Paragraph, trimmed)
}

/// The words of a list item: after `*`, `-`, `+`, a bullet, or `1.`
fn item(line: &str) -> Option<&str> {
    let bullet = line.strip_prefix(['*', '-', '+', '•', '·', '▪', '–', '‣', '●']).filter(|rest| rest.starts_with([' ', '\t']));
    let numbered = || {
        let digits = line.bytes().take_while(u8::is_ascii_digit).count();
        line[digits..].strip_prefix(['.', ')']).filter(|rest| (1..=2).contains(&digits) && rest.starts_with(' '))
    };
    bullet.or_else(numbered).map(str::trim)
}

fn flush(out: &mut Vec<Block>, kind: Kind, raw: &mut String) {
    let source = std::mem::take(raw);
    if source.trim().is_empty() {
        return;
    }
    let mut block = Block::new(kind);
    let mut at = 0;
    // Wrapped lines inside a link's words or between its parts belong together.
    let source = joined(source.trim());
    for marks in MARKS.as_ref().into_iter().flat_map(|m| m.captures_iter(&source)).take(500) {
        let Some(whole) = marks.get(0) else { continue };
        block.text.push_str(&source[at..whole.start()]);
        at = whole.end();
        let part = |n| marks.get(n).map(|m: regex::Match<'_>| m.as_str());
        let bold = part(4).or_else(|| part(5)).or_else(|| part(6));
        if let (Some(words), Some(href)) = (part(1), part(2)) {
            let plain = html::one_line(&words.replace("**", "").replace("__", ""));
            if words.contains("**") {
                block.strong.get_or_insert_with(|| plain.clone());
            }
            block.text.push_str(&plain);
            block.links.push(Link { words: plain, href: href.to_owned() });
        } else if let Some(href) = part(3) {
            block.links.push(Link { words: String::new(), href: href.trim_end_matches(['.', ',', ')', ';', '>']).to_owned() });
        } else if let Some(bold) = bold {
            block.strong.get_or_insert_with(|| html::one_line(bold));
            block.text.push_str(bold);
        }
    }
    block.text.push_str(&source[at..]);
    let text = block.text.replace("\\_", "_").replace("\\|", "|");
    text.trim().clone_into(&mut block.text);
    out.push(block);
}

/// A link that was wrapped over two lines on one.
fn joined(source: &str) -> String {
    let mut depth = 0_usize;
    let mut since = 0_usize;
    source
        .chars()
        .map(|c| {
            since += 1;
            match c {
                '[' => (depth, since) = (depth + 1, 0),
                ']' => depth = depth.saturating_sub(1),
                '\n' if depth > 0 && since < 300 => return ' ',
                _ => {}
            }
            c
        })
        .collect()
}

/// The blocks of an element, in the order of reading.
pub fn of_html(root: ElementRef<'_>) -> Vec<Block> {
    let mut walk = Walk::default();
    let mut unread = 0_usize;
    for edge in root.traverse() {
        let (node, opens) = match edge {
            Edge::Open(node) => (node, true),
            Edge::Close(node) => (node, false),
        };
        match node.value() {
            Node::Element(e) if html::is_unread(e) || is_hidden(e) => unread = if opens { unread + 1 } else { unread.saturating_sub(1) },
            _ if unread > 0 => {}
            Node::Text(t) if opens => walk.text(t),
            Node::Element(e) if e.name() == "tr" && (opens && ElementRef::wrap(node).is_some_and(is_record) || !opens && walk.row) => {
                walk.record(opens)
            }
            Node::Element(e) => walk.element(e, opens),
            _ => {}
        }
        if walk.out.len() >= MOST_BLOCKS {
            break;
        }
    }
    walk.flush();
    walk.out
}

/// Text that mail programs show in the list of messages and nowhere else, and other text that is not shown.
fn is_hidden(e: &scraper::node::Element) -> bool {
    let style = e.attr("style").unwrap_or_default().to_ascii_lowercase().replace(' ', "");
    style.contains("display:none") || style.contains("max-height:0") || style.contains("visibility:hidden") || style.contains("mso-hide:all")
}

/// A row of a table of data: two cells or more that hold words and links, nothing that is laid out. Rows of newsletters hold whole tables.
fn is_record(row: ElementRef<'_>) -> bool {
    let cells = row.child_elements().filter(|c| matches!(c.value().name(), "td" | "th")).take(13).count();
    let plain =
        |name: &str| matches!(name, "td" | "th" | "a" | "b" | "strong" | "em" | "i" | "span" | "br" | "u" | "small" | "time" | "font" | "abbr");
    (2..=12).contains(&cells) && row.descendent_elements().skip(1).all(|e| plain(e.value().name()) && !is_hidden(e.value()))
}

struct Walk {
    out: Vec<Block>,
    block: Block,
    lists: u8,
    link: Option<(String, usize)>,
    strong: Option<usize>,
    /// Inside a row of data.
    row: bool,
    picture: Option<String>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { out: Vec::new(), block: Block::new(Kind::Paragraph), lists: 0, link: None, strong: None, row: false, picture: None }
    }
}

impl Walk {
    fn text(&mut self, t: &str) {
        let text = &mut self.block.text;
        if t.starts_with(char::is_whitespace) && !text.is_empty() && !text.ends_with(char::is_whitespace) {
            text.push(' ');
        }
        let words = html::one_line(t);
        text.push_str(&words);
        if !words.is_empty() && t.ends_with(char::is_whitespace) {
            text.push(' ');
        }
    }

    /// A row of data is one block, its cells joined as bulletins in plain text join them.
    fn record(&mut self, opens: bool) {
        self.start(if opens { Kind::Item(self.lists.saturating_add(1)) } else { Kind::Paragraph });
        self.row = opens;
    }

    fn cell(&mut self) {
        let text = &mut self.block.text;
        text.truncate(text.trim_end().len());
        if !text.is_empty() {
            text.push_str(" | ");
        }
    }

    fn element(&mut self, e: &scraper::node::Element, opens: bool) {
        match e.name() {
            "td" | "th" if self.row => {
                if opens {
                    self.cell();
                }
            }

            "img" if opens => self.picture = e.attr("alt").map(html::one_line).filter(|alt| alt.chars().filter(|c| c.is_alphabetic()).count() >= 3),
            "a" if opens => self.link = e.attr("href").map(|h| (h.trim().to_owned(), self.block.text.len())),
            "a" => self.end_link(),
            "strong" | "b" if opens => self.strong = self.strong.or(Some(self.block.text.len())),
            "strong" | "b" => self.end_strong(),
            // Its closing edge is no edge of a block.
            "br" if opens => self.block.text.push(if self.row { ' ' } else { '\n' }),
            "br" => {}
            name @ ("h1" | "h2" | "h3" | "h4" | "h5" | "h6") => {
                self.start(if opens { Kind::Heading(name.as_bytes()[1] - b'0') } else { Kind::Paragraph });
            }
            "ul" | "ol" => {
                self.lists = if opens { self.lists.saturating_add(1) } else { self.lists.saturating_sub(1) };
                self.start(Kind::Paragraph);
            }
            "li" => self.start(if opens { Kind::Item(self.lists.max(1)) } else { Kind::Paragraph }),
            "td" | "th" => self.start(Kind::Paragraph),
            name if html::is_block(name) && !matches!(self.block.kind, Kind::Item(_)) => self.start(Kind::Paragraph),
            name if html::is_block(name) && !self.block.text.is_empty() => self.block.text.push('\n'),
            _ => {}
        }
    }

    fn end_link(&mut self) {
        if let Some((href, from)) = self.link.take() {
            let words = self.block.text.get(from..).map(html::one_line).unwrap_or_default();
            self.block.links.push(Link { words, href });
        }
    }

    fn end_strong(&mut self) {
        if let Some(words) = self.strong.take().and_then(|from| self.block.text.get(from..)).map(html::one_line).filter(|w| !w.is_empty()) {
            self.block.strong.get_or_insert(words);
        }
    }

    fn start(&mut self, kind: Kind) {
        if self.strong.is_some() {
            self.end_strong();
        }
        self.flush();
        if let Some((_, from)) = &mut self.link {
            *from = 0;
        }
        self.block.kind = kind;
    }

    fn flush(&mut self) {
        let block = std::mem::replace(&mut self.block, Block::new(Kind::Paragraph));
        if block.text.trim().is_empty() {
            // A link around an image still leads somewhere.
            self.block.links = block.links;
            return;
        }
        let pictured = self.picture.take();
        let text = block.text.lines().map(html::one_line).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("\n");
        self.out.push(Block { text, pictured, ..block });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(blocks: &[Block]) -> Vec<String> {
        blocks
            .iter()
            .map(|b| {
                format!("{:?} {} {}", b.kind, b.text, b.links.iter().map(|l| format!("<{}|{}>", l.words, l.href)).collect::<Vec<_>>().concat())
                    .trim()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn plain_text_has_headings_items_and_links() {
        let text = "Upcoming\n========\n## Online\n* 4 May | [Museums\nNorth](https://m.example/a_(b))\n    * [**Pests**](https://m.example/1)\n\nA line\nand another https://m.example/2.\n<!-- not\nthis -->";
        assert_eq!(
            show(&of_text(text)),
            [
                "Heading(1) Upcoming",
                "Heading(2) Online",
                "Item(1) 4 May | Museums North <Museums North|https://m.example/a_(b)>",
                "Item(2) Pests <Pests|https://m.example/1>",
                "Paragraph A line\nand another <|https://m.example/2>",
            ]
        );
    }

    #[test]
    fn html_gives_the_same_blocks() {
        let page = html::parse(
            "<h2>Online</h2><ul><li>4 May <a href='/a'>Museums</a><ul><li><b>Pests</b></ul></ul><table><tr><td>one<td><p>two</p></table>",
        );
        let blocks = of_html(page.html.root_element());
        assert_eq!(show(&blocks), ["Heading(2) Online", "Item(1) 4 May Museums <Museums|/a>", "Item(2) Pests", "Paragraph one", "Paragraph two"]);
        assert_eq!(blocks[2].strong.as_deref(), Some("Pests"));
    }
}
