//! Rust source as the rules see it: tokens without comments, strings and test code, and the paths they name.

/// One file.
pub struct Source {
    /// From the project's root, such as `src/tag/words.rs`.
    pub path: String,
    /// The module it is, such as `tag::words`; empty for the crate's root.
    pub module: String,
    pub text: String,
    /// With test items taken out.
    tokens: Vec<Token>,
    all: Vec<Token>,
}

#[derive(Clone)]
struct Token {
    text: String,
    line: usize,
}

/// A path as it is named somewhere: `use` trees taken apart, inline paths whole.
pub struct Name {
    pub path: Vec<String>,
    pub line: usize,
}

/// Whether a path is a module or lies in it.
pub fn within(path: &str, module: &str) -> bool {
    path == module || path.strip_prefix(module).is_some_and(|rest| rest.starts_with("::"))
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let inner = path.split_once('/').map_or(path, |(_, rest)| rest).trim_end_matches(".rs");
        let module = inner.trim_end_matches("/mod").replace('/', "::");
        let module = if module == "lib" || module == "mod" { String::new() } else { module };
        let all = tokens(text);
        Self { path: path.to_owned(), module, text: text.to_owned(), tokens: without_tests(&all), all }
    }

    /// Modules in files of their own that are only there for tests: `#[cfg(test)] mod name;`, under another file's name too.
    pub fn test_modules(&self) -> Vec<String> {
        let words: Vec<&str> = self.all.iter().map(|t| t.text.as_str()).collect();
        let starts = (0..words.len()).filter_map(|i| is_test_attribute(&words[i..]).map(|len| i + len));
        let names = starts.filter_map(|i| match words[i..] {
            ["mod", name, ";", ..] | ["pub", "mod", name, ";", ..] | ["pub", "(", _, ")", "mod", name, ";", ..] => Some(self.child(name)),
            _ => None,
        });
        names.chain(self.renamed_test_modules()).collect()
    }

    /// `#[path = "name.rs"]` next to `#[cfg(test)]`: a file beside this one.
    fn renamed_test_modules(&self) -> impl Iterator<Item = String> {
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let beside = self.path.rsplit_once('/').map_or("", |(dir, _)| dir).to_owned();
        let pairs = lines.windows(2).filter(|w| w.contains(&"#[cfg(test)]")).filter_map(|w| w.iter().find_map(|l| l.strip_prefix("#[path = \"")));
        let files: Vec<String> = pairs.filter_map(|l| l.split('"').next()).map(|name| format!("{beside}/{name}")).collect();
        files.into_iter().map(|file| Self::new(&file, "").module)
    }

    fn child(&self, name: &str) -> String {
        if self.module.is_empty() { name.to_owned() } else { format!("{}::{name}", self.module) }
    }

    /// Lines with `.unwrap()`.
    pub fn unwraps(&self) -> Vec<usize> {
        self.tokens.windows(4).filter(|w| w.iter().map(|t| t.text.as_str()).eq([".", "unwrap", "(", ")"])).map(|w| w[1].line).collect()
    }

    /// Every path outside test code, the names of macros that are called, and the keyword `async`.
    pub fn names(&self) -> Vec<Name> {
        let mut out = Vec::new();
        let mut i = 0;
        while let Some(token) = self.tokens.get(i) {
            if token.text == "use" && self.text_at(i + 1) != "<" {
                i = self.use_tree(i + 1, &[], &mut out) + 1;
            } else if is_word(&token.text) {
                let (path, next) = self.path_at(i);
                if path.len() > 1 || token.text == "async" || self.text_at(next) == "!" {
                    out.push(Name { path, line: token.line });
                }
                i = next;
            } else {
                i += 1;
            }
        }
        out
    }

    /// A path of this crate as it is named from the root; `None` for a foreign or local name.
    pub fn in_crate(&self, path: &[String]) -> Option<String> {
        let mut base: Vec<&str> = self.module.split("::").filter(|s| !s.is_empty()).collect();
        let rest = match path.first()?.as_str() {
            "crate" | "gleaner" => {
                base.clear();
                &path[1..]
            }
            "self" => &path[1..],
            "super" => {
                let ups = path.iter().take_while(|s| *s == "super").count();
                base.truncate(base.len().saturating_sub(ups));
                &path[ups..]
            }
            _ => return None,
        };
        base.extend(rest.iter().map(String::as_str).filter(|s| *s != "self" && *s != "*"));
        Some(if base.is_empty() { "the whole crate".to_owned() } else { base.join("::") })
    }

    /// Reads `a::b::c` at a position; returns it and where it ends.
    fn path_at(&self, mut i: usize) -> (Vec<String>, usize) {
        let mut path = vec![self.tokens[i].text.clone()];
        i += 1;
        while self.text_at(i) == "::" && is_word(self.text_at(i + 1)) {
            path.push(self.tokens[i + 1].text.clone());
            i += 2;
        }
        (path, i)
    }

    /// Reads one branch of a `use` tree; returns the position of the token that ends it.
    fn use_tree(&self, mut i: usize, prefix: &[String], out: &mut Vec<Name>) -> usize {
        let mut path = prefix.to_vec();
        let line = self.tokens.get(i).map_or(0, |t| t.line);
        loop {
            match self.text_at(i) {
                "" | ";" | "," | "}" => break,
                "{" => {
                    i += 1;
                    while !matches!(self.text_at(i), "}" | "") {
                        i = self.use_tree(i, &path, out);
                        i += usize::from(self.text_at(i) == ",");
                    }
                    // The branches stand for the path.
                    return i + 1;
                }
                "as" => i += 2,
                "::" => i += 1,
                word => {
                    path.push(word.to_owned());
                    i += 1;
                }
            }
        }
        out.push(Name { path, line });
        i
    }

    fn text_at(&self, i: usize) -> &str {
        self.tokens.get(i).map_or("", |t| t.text.as_str())
    }
}

fn is_word(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// The length of `#[cfg(test)]` and the attributes that follow it, if that is what stands here.
fn is_test_attribute(words: &[&str]) -> Option<usize> {
    if !matches!(words, ["#", "[", "cfg", "(", ..]) {
        return None;
    }
    let end = words.iter().position(|w| *w == "]")?;
    if !words[..end].contains(&"test") || words[..end].contains(&"not") {
        return None;
    }
    let mut i = end + 1;
    while words.get(i) == Some(&"#") {
        i += words[i..].iter().position(|w| *w == "]")? + 1;
    }
    Some(i)
}

/// Leaves out every item under `#[cfg(test)]`: up to its `;`, or to the brace that closes its body.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    let words: Vec<&str> = tokens.iter().map(|t| t.text.as_str()).collect();
    let mut out = Vec::with_capacity(tokens.len());
    let mut i = 0;
    while i < tokens.len() {
        let Some(attributes) = is_test_attribute(&words[i..]) else {
            out.push(tokens[i].clone());
            i += 1;
            continue;
        };
        i += attributes;
        let mut depth = 0;
        while i < tokens.len() {
            match words[i] {
                "{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" => depth -= 1,
                _ => {}
            }
            i += 1;
            if depth == 0 && matches!(words[i - 1], "}" | ";") {
                break;
            }
        }
    }
    out
}

/// Words, `::` and single signs; comments, strings and characters are passed over.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut i, mut line) = (Vec::new(), 0, 1);
    while i < chars.len() {
        let end = skipped(&chars, i).unwrap_or_else(|| token_end(&chars, i));
        let word: String = chars[i..end].iter().collect();
        if skipped(&chars, i).is_none() && !chars[i].is_whitespace() {
            out.push(Token { text: word, line });
        }
        line += chars[i..end].iter().filter(|c| **c == '\n').count();
        i = end;
    }
    out
}

fn token_end(chars: &[char], i: usize) -> usize {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    if is_part(&chars[i]) {
        return i + chars[i..].iter().take_while(|c| is_part(c)).count();
    }
    if chars[i..].starts_with(&[':', ':']) { i + 2 } else { i + 1 }
}

/// Where the comment, string or character that begins here ends.
fn skipped(chars: &[char], i: usize) -> Option<usize> {
    let rest = &chars[i..];
    let follows_word = i > 0 && (chars[i - 1].is_alphanumeric() || chars[i - 1] == '_');
    let end = match rest {
        ['/', '/', ..] => rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()),
        ['/', '*', ..] => block_comment(rest),
        ['"', ..] => quoted(rest, '"'),
        ['r', '"' | '#', ..] if !follows_word => raw_string(rest)?,
        ['b', 'r', '"' | '#', ..] if !follows_word => 1 + raw_string(&rest[1..])?,
        ['\'', '\\', ..] => quoted(rest, '\''),
        ['\'', _, '\'', ..] => 3,
        _ => return None,
    };
    Some(i + end)
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut i) = (0, 0);
    while i < rest.len() {
        match rest[i..] {
            ['/', '*', ..] => (depth, i) = (depth + 1, i + 2),
            ['*', '/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            break;
        }
    }
    i
}

fn quoted(rest: &[char], mark: char) -> usize {
    let mut i = 1;
    while i < rest.len() && rest[i] != mark {
        i += if rest[i] == '\\' { 2 } else { 1 };
    }
    (i + 1).min(rest.len())
}

/// `r"..."`, `r#"..."#`; `None` for a raw identifier.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest[1..].iter().take_while(|c| **c == '#').count();
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let close: Vec<char> = std::iter::once('"').chain(std::iter::repeat_n('#', hashes)).collect();
    let body = 2 + hashes;
    let end = (body..rest.len()).find(|i| rest[*i..].starts_with(&close))?;
    Some(end + close.len())
}
