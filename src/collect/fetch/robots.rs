//! What a host's robots.txt lets us do (RFC 9309): the rules of one file, and the files read lately.
//!
//! Reads text, asks nobody: the fetcher brings the file. A hostile file costs bounded memory and time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use texting_robots::Robot;
use tokio::{sync::Mutex as Turn, time::Instant};
use url::{Position, Url};

use crate::domain::text::single_line;

/// Bytes of a file that are read; RFC 9309 s2.5 asks for at least these 500 KiB.
pub const MOST_BYTES: usize = 500 * 1024;
/// A longer line is no path of ours, and the library would make a pattern of it.
const MOST_LINE_BYTES: usize = 2_048;
/// Rules that end in `$` become compiled patterns of up to 42 KiB each; further ones are left out.
const MOST_PATTERNS: usize = 100;
const MOST_SITEMAPS: usize = 20;

/// RFC 9309 s2.4: a file is not used for longer than a day.
const FRESH: Duration = Duration::from_hours(24);
/// A host whose robots.txt cannot be had is asked for it again after this long.
const UNREACHABLE: Duration = Duration::from_mins(10);
/// What all files together may cost, roughly.
const MOST_MEMORY: usize = 16 * 1024 * 1024;
/// What an origin costs besides its rules.
const ENTRY: usize = 512;

/// Why robots.txt keeps us out, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    #[error(
        "robots.txt of {host} disallows {path} for {agent}; ask them, then `gleaner source add URL --ignore-robots \"permission by e-mail, 3 May\"`"
    )]
    Disallowed { host: String, path: String, agent: String },
    #[error("robots.txt of {host} cannot be read ({why}), which counts as no (RFC 9309); it is asked for again in {} min", UNREACHABLE.as_secs() / 60)]
    Unreachable { host: String, why: String },
}

/// How the request for robots.txt ended.
#[derive(Debug)]
pub enum Found {
    File(Vec<u8>),
    /// Any 4xx but 429: there are no rules (RFC 9309 s2.3.1.3).
    Missing,
    /// 5xx, 429, silence: everything is disallowed until it can be read (RFC 9309 s2.3.1.4).
    Unreachable(String),
}

/// One origin's rules for us.
#[derive(Debug)]
pub struct Rules {
    verdict: Verdict,
    /// What the file asks for between two requests, uncapped.
    pub crawl_delay: Option<Duration>,
    /// The sitemaps it names, for whoever looks for pages.
    pub sitemaps: Vec<Url>,
    /// Bytes, roughly.
    cost: usize,
}

#[derive(Debug)]
enum Verdict {
    Everything,
    Nothing(String),
    ByPath(Robot),
}

impl Rules {
    fn new(found: Found, agent: &str, origin: &Url) -> Self {
        let bare = |verdict| Self { verdict, crawl_delay: None, sitemaps: Vec::new(), cost: 0 };
        match found {
            Found::Missing => bare(Verdict::Everything),
            Found::Unreachable(why) => bare(Verdict::Nothing(why)),
            Found::File(body) => Self::parse(&body, agent, origin),
        }
    }

    /// RFC 9309 s2.3.1.5: what can be read counts, what cannot is passed over.
    fn parse(body: &[u8], agent: &str, origin: &Url) -> Self {
        let (text, patterns) = tamed(body, MOST_PATTERNS);
        let parsed = Robot::new(agent, text.as_bytes()).or_else(|_| Robot::new(agent, tamed(body, 0).0.as_bytes()));
        let Ok(mut robot) = parsed else {
            return Self::new(Found::Unreachable("it is not a robots.txt".to_owned()), agent, origin);
        };
        let crawl_delay = robot.delay.and_then(|s| Duration::try_from_secs_f32(s).ok());
        let sitemaps = std::mem::take(&mut robot.sitemaps).iter().filter_map(|s| origin.join(s).ok()).take(MOST_SITEMAPS).collect();
        Self { verdict: Verdict::ByPath(robot), crawl_delay, sitemaps, cost: text.len() * 3 + patterns * 42 * 1024 }
    }

    /// Whether `agent` may fetch this address.
    pub fn check(&self, url: &Url, agent: &str) -> Result<(), Forbidden> {
        let host = || url.host_str().unwrap_or_default().to_owned();
        match &self.verdict {
            Verdict::Nothing(why) if url.path() != "/robots.txt" => Err(Forbidden::Unreachable { host: host(), why: why.clone() }),
            Verdict::ByPath(robot) if !robot.allowed(&url[..Position::AfterQuery]) => {
                Err(Forbidden::Disallowed { host: host(), path: single_line(url.path(), 200), agent: agent.to_owned() })
            }
            _ => Ok(()),
        }
    }
}

/// The file as the library may see it, and how many of its rules become compiled patterns.
fn tamed(body: &[u8], most_patterns: usize) -> (String, usize) {
    let text = String::from_utf8_lossy(whole_lines(body));
    let mut out = String::with_capacity(text.len());
    let mut patterns = 0;
    for line in text.split(['\n', '\r', '\0']) {
        let line = line.split('#').next().unwrap_or_default().trim();
        patterns += usize::from(line.contains('$'));
        if line.is_empty() || line.len() > MOST_LINE_BYTES || (line.contains('$') && patterns > most_patterns) {
            continue;
        }
        out.push_str(product_token_only(line));
        out.push('\n');
    }
    (out, patterns.min(most_patterns))
}

/// What of a file is read. Half a line would be another rule: `Disallow: /` where there was `Disallow: /private`.
fn whole_lines(body: &[u8]) -> &[u8] {
    if body.len() < MOST_BYTES {
        return body;
    }
    let read = &body[..MOST_BYTES];
    let end = read.iter().rposition(|b| matches!(b, b'\n' | b'\r')).unwrap_or(0);
    &read[..end]
}

/// `User-agent: SomeBot/2.0` means SomeBot: a product token has no version (RFC 9309 s2.2.1), and the library compares the whole line.
fn product_token_only(line: &str) -> &str {
    let is_agent = line.get(..10).is_some_and(|key| key.eq_ignore_ascii_case("user-agent"));
    if is_agent { line.split('/').next().unwrap_or(line).trim_end() } else { line }
}

/// The name by which robots.txt files speak to us: what stands before the version in our User-Agent.
#[must_use]
pub fn product_token(user_agent: &str) -> &str {
    let end = user_agent.find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_'))).unwrap_or(user_agent.len());
    &user_agent[..end]
}

/// The files read lately, by origin.
#[derive(Debug, Default)]
pub struct Robots {
    origins: Mutex<Origins>,
}

#[derive(Debug, Default)]
struct Origins {
    entries: HashMap<String, Entry>,
    cost: usize,
}

#[derive(Debug, Default)]
struct Entry {
    rules: Option<(Arc<Rules>, Instant)>,
    /// Held by whoever asks for the file, so that others wait for the answer and do not ask as well.
    asking: Arc<Turn<()>>,
}

/// What is known of an origin's file.
pub enum Known {
    Fresh(Arc<Rules>),
    /// Nobody knows: take the turn, look again, ask, and [`Robots::keep`] the answer.
    Ask(Arc<Turn<()>>),
}

impl Robots {
    pub fn known(&self, url: &Url) -> Known {
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((rules, until)) = origins.entries.get(origin(url)).and_then(|e| e.rules.as_ref())
            && *until > Instant::now()
        {
            return Known::Fresh(Arc::clone(rules));
        }
        let asking = Arc::clone(&origins.entry(origin(url)).asking);
        origins.shrink(origin(url));
        Known::Ask(asking)
    }

    /// Keeps what a request for robots.txt found. A file that cannot be had now leaves the one that was read before in force.
    pub fn keep(&self, url: &Url, found: Found, agent: &str) -> Arc<Rules> {
        let unreachable = matches!(found, Found::Unreachable(_));
        let until = Instant::now() + if unreachable { UNREACHABLE } else { FRESH };
        let new = Arc::new(Rules::new(found, agent, url));
        let mut origins = self.origins.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = origins.entry(origin(url));
        let before = entry.rules.take().map(|(rules, _)| rules);
        let was = before.as_ref().map_or(0, |rules| rules.cost);
        let rules = before.filter(|rules| unreachable && !matches!(rules.verdict, Verdict::Nothing(_))).unwrap_or(new);
        entry.rules = Some((Arc::clone(&rules), until));
        origins.cost = origins.cost - was + rules.cost;
        origins.shrink(origin(url));
        rules
    }
}

impl Origins {
    fn entry(&mut self, origin: &str) -> &mut Entry {
        if !self.entries.contains_key(origin) {
            self.cost += ENTRY;
        }
        self.entries.entry(origin.to_owned()).or_default()
    }

    /// Forgets the files that expire first, but the newest and those that are being asked for, until the rest is small enough.
    fn shrink(&mut self, newest: &str) {
        if self.cost <= MOST_MEMORY {
            return;
        }
        let mut by_age: Vec<(Option<Instant>, String)> = self
            .entries
            .iter()
            .filter(|(name, e)| *name != newest && Arc::strong_count(&e.asking) == 1)
            .map(|(name, e)| (e.rules.as_ref().map(|(_, until)| *until), name.clone()))
            .collect();
        by_age.sort_unstable();
        // Down to three quarters, so that it is not sorted again for the next file.
        for (_, name) in by_age {
            if self.cost <= MOST_MEMORY / 4 * 3 {
                break;
            }
            let gone = self.entries.remove(&name).and_then(|e| e.rules);
            self.cost -= ENTRY + gone.map_or(0, |(rules, _)| rules.cost);
        }
    }
}

/// Scheme, host and port: each origin has a file of its own (RFC 9309 s2.3).
fn origin(url: &Url) -> &str {
    &url[..Position::BeforePath]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(path: &str) -> Url {
        Url::parse("https://museum.example").unwrap().join(path).unwrap()
    }

    fn rules(file: &str) -> Rules {
        Rules::new(Found::File(file.into()), "GleanerBot", &url("/"))
    }

    #[test]
    fn a_file_is_read_as_rfc_9309_says() {
        let check = |file: &str, path: &str, expected: bool| {
            assert_eq!(rules(file).check(&url(path), "GleanerBot").is_ok(), expected, "{path} under\n{file}");
        };
        check("", "/a", true);
        check("User-agent: *\nDisallow: /\n", "/a", false);
        check("User-agent: *\nDisallow: /\n", "/robots.txt", true);
        check("User-agent: *\nDisallow:\n", "/a", true);
        check("User-agent: *\nDisallow: /\nUser-agent: gleanerbot\nDisallow: /private\n", "/a", true);
        check("User-agent: *\nDisallow: /\nUser-agent: GleanerBot/1.0\nDisallow: /private\n", "/a", true);
        check("User-agent: GleanerBot\nDisallow: /\n", "/a", false);
        check("User-agent: GleanerBotty\nDisallow: /\n", "/a", true);
        check("User-agent: OtherBot\nUser-agent: GleanerBot\nDisallow: /b\n", "/b/c", false);
        check("User-agent: GleanerBot\nDisallow: /b\nUser-agent: GleanerBot\nDisallow: /c\n", "/c", false);
        // The longest rule wins; of two as long, the one that allows.
        check("User-agent: *\nDisallow: /events\nAllow: /events/public\n", "/events/public/1", true);
        check("User-agent: *\nAllow: /page\nDisallow: /page\n", "/page", true);
        check("User-agent: *\nDisallow: /*.pdf$\n", "/a.pdf", false);
        check("User-agent: *\nDisallow: /*.pdf$\n", "/a.pdf?x=1", true);
        check("User-agent: *\nDisallow: /*?page=\n", "/list?page=2", false);
        check("User-agent: *\nDisallow: /caf%C3%A9\n", "/café", false);
        check("\u{feff}User-agent: *\r\nDisallow: /a # not here\r\n", "/a", false);
        check("<html><body>Not a robots.txt</body></html>", "/a", true);
    }

    #[test]
    fn the_delay_and_the_sitemaps_are_found() {
        let found = rules("User-agent: *\nCrawl-delay: 2.5\nSitemap: https://museum.example/s.xml\nSitemap: /t.xml\n");
        assert_eq!(found.crawl_delay, Some(Duration::from_millis(2_500)));
        assert_eq!(found.sitemaps, [url("/s.xml"), url("/t.xml")]);
        for odd in ["-1", "inf", "NaN", "1e30", "soon"] {
            let delay = rules(&format!("User-agent: *\nCrawl-delay: {odd}\n")).crawl_delay;
            assert_eq!(delay, None, "{odd}");
        }
    }

    #[test]
    fn a_refusal_names_the_host_the_path_and_what_to_do() {
        let refusal = rules("User-agent: *\nDisallow: /courses\n").check(&url("/courses/2027?q=1"), "GleanerBot").unwrap_err().to_string();
        let expected = "robots.txt of museum.example disallows /courses/2027 for GleanerBot; ask them, then `gleaner source add URL --ignore-robots";
        assert!(refusal.starts_with(expected), "{refusal}");
        let silent = Rules::new(Found::Unreachable("the server answered 503".into()), "GleanerBot", &url("/")).check(&url("/a"), "GleanerBot");
        assert!(silent.unwrap_err().to_string().contains("(the server answered 503), which counts as no"));
        assert!(Rules::new(Found::Missing, "GleanerBot", &url("/")).check(&url("/a"), "GleanerBot").is_ok());
    }

    #[test]
    fn our_name_is_what_stands_before_the_version() {
        for (agent, expected) in
            [("GleanerBot/0.1 (x)", "GleanerBot"), ("Culture-Bot (+https://a.example/)", "Culture-Bot"), ("One", "One"), ("/1", "")]
        {
            assert_eq!(product_token(agent), expected);
        }
    }

    #[test]
    fn a_hostile_file_is_bounded() {
        let patterns = "Disallow: /*a*b*c*d*e*f$\n".repeat(30_000);
        let found = rules(&format!("User-agent: *\n{patterns}Disallow: /secret\n"));
        assert!(found.cost < 8 * 1024 * 1024, "{}", found.cost);
        assert!(found.check(&url("/secret"), "GleanerBot").is_ok(), "what lies behind 500 KiB is not read");
        let long = format!("User-agent: *\nDisallow: /{}$\nDisallow: /secret\n", "a*".repeat(900));
        assert!(rules(&long).check(&url("/secret"), "GleanerBot").is_err(), "a rule that cannot be compiled takes no other with it");
        let endless = format!("User-agent: *\nDisallow: /{}\nDisallow: /secret\n", "a".repeat(100_000));
        assert!(rules(&endless).check(&url("/secret"), "GleanerBot").is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_lasts_a_day_and_one_that_cannot_be_had_ten_minutes() {
        let robots = Robots::default();
        let fresh = |path: &str| matches!(robots.known(&url(path)), Known::Fresh(_));
        assert!(!fresh("/a"));
        robots.keep(&url("/a"), Found::File(b"User-agent: *\nDisallow: /b".to_vec()), "GleanerBot");
        assert!(fresh("/other/path"), "one file for the origin");
        assert!(!matches!(robots.known(&Url::parse("https://museum.example:8443/").unwrap()), Known::Fresh(_)), "another port, another file");
        tokio::time::advance(FRESH).await;
        assert!(!fresh("/a"));
        let kept = robots.keep(&url("/a"), Found::Unreachable("503".into()), "GleanerBot");
        assert!(kept.check(&url("/a"), "GleanerBot").is_ok() && kept.check(&url("/b"), "GleanerBot").is_err(), "yesterday's rules stay in force");
        tokio::time::advance(UNREACHABLE).await;
        assert!(!fresh("/a"), "but not for long");
    }

    #[tokio::test(start_paused = true)]
    async fn the_files_of_many_hosts_stay_small() {
        let robots = Robots::default();
        let file = format!("User-agent: *\n{}", "Disallow: /some/path/that/is/long/enough\n".repeat(1_000)).into_bytes();
        for n in 0..1_000 {
            let host = Url::parse(&format!("https://{n}.example/")).unwrap();
            robots.keep(&host, Found::File(file.clone()), "GleanerBot");
            assert!(matches!(robots.known(&host), Known::Fresh(_)), "the newest is kept");
        }
        let origins = robots.origins.lock().unwrap();
        let cost: usize = origins.entries.values().map(|e| ENTRY + e.rules.as_ref().map_or(0, |(rules, _)| rules.cost)).sum();
        assert_eq!(origins.cost, cost);
        assert!(cost <= MOST_MEMORY && origins.entries.len() > 50, "{cost} {}", origins.entries.len());
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(file: Vec<u8>, path in "/[ -~]{0,40}", words in proptest::collection::vec("(User-agent: \\*|Disallow: /[a*$%é]{0,9}|Allow: [/*$]{0,9}|Crawl-delay: [0-9.e]{0,9}|Sitemap: [ -~]{0,9}|\\PC{0,9})", 0..12)) {
            for body in [file, words.join("\n").into_bytes()] {
                let rules = Rules::new(Found::File(body), "GleanerBot", &url("/"));
                let mut address = url("/");
                address.set_path(&path);
                let _ = rules.check(&address, "GleanerBot");
            }
        }
    }
}
