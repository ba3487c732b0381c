//! What the benches share: words of our own making from a fixed seed, documents of every format made of them, and one line per figure.
//!
//! Never reads real listings; never asserts a time.
#![allow(dead_code, reason = "each bench uses its part")]

pub mod archive;
pub mod desk;
pub mod documents;
pub mod hostile;
pub mod mutate;
pub mod records;
pub mod server;
pub mod sink;

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use chrono::{DateTime, Days, NaiveDate, Utc};
use gleaner::domain::{Method, RawEvent, RawPlace, Reading};

/// How long a short measurement is repeated.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

/// The instant at which everything happens.
pub fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_803_891_600, 0).unwrap_or_default()
}

pub fn reading() -> Reading {
    Reading::british(now())
}

/// SplitMix64: the same numbers for the same seed, on every machine.
pub struct Numbers(u64);

impl Numbers {
    pub const fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() >> 1).unwrap_or(0) % n.max(1)
    }

    pub fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    #[allow(clippy::cast_precision_loss, reason = "a share between 0 and 1")]
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Words of the trade, first because the most frequent words of a listing are.
const TRADE: &str = "training workshop museum for and the in of online course heritage arts collections learning community audience evaluation \
    fundraising free funding volunteers schools creative leadership digital access conservation archive practice introduction networking \
    mentoring governance trustees wellbeing safeguarding marketing exhibition theatre music dance library gallery programme inclusion \
    disability freelance artists young people early career managers strategy climate sustainability copyright data bids trusts session";
const TOWNS: [&str; 12] = ["Leeds", "Manchester", "Bristol", "Cardiff", "Glasgow", "Belfast", "Norwich", "York", "Exeter", "Hull", "Derby", "London"];
const MONTHS: [&str; 12] = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

/// A vocabulary in which the n-th word is used 1/n as often as the first (Zipf): with a small or flat one any blocking looks bad.
pub struct Words {
    list: Vec<String>,
    /// Shares added up.
    up_to: Vec<f64>,
}

impl Words {
    pub fn new(size: usize) -> Self {
        let mut numbers = Numbers::seeded(7);
        let mut list: Vec<String> = TRADE.split_whitespace().map(str::to_owned).collect();
        while list.len() < size {
            let syllables = 2 + numbers.below(3);
            list.push(
                (0..syllables).map(|_| numbers.one(&["ba", "cor", "den", "fil", "gar", "hem", "lis", "mon", "per", "sto", "tun", "wex"])).collect(),
            );
        }
        let mut sum = 0.0;
        let up_to = (1..=list.len()).map(|n| {
            sum += 1.0 / f64::from(u32::try_from(n).unwrap_or(u32::MAX));
            sum
        });
        Self { up_to: up_to.collect(), list }
    }

    fn one(&self, numbers: &mut Numbers) -> &str {
        let at = numbers.share() * self.up_to.last().copied().unwrap_or(1.0);
        &self.list[self.up_to.partition_point(|u| *u < at).min(self.list.len() - 1)]
    }

    pub fn phrase(&self, numbers: &mut Numbers, words: usize) -> String {
        let mut out = String::new();
        for n in 0..words {
            out.push_str(if n == 0 { "" } else { " " });
            out.push_str(self.one(numbers));
        }
        out[..1].make_ascii_uppercase();
        out
    }
}

/// One invented event.
#[derive(Debug, Clone)]
pub struct Sample {
    pub number: usize,
    pub title: String,
    pub text: String,
    pub day: NaiveDate,
    pub hour: usize,
    pub town: &'static str,
    pub provider: String,
    pub pounds: usize,
}

impl Sample {
    pub fn url(&self) -> String {
        format!("https://events.example/{}", self.number)
    }

    /// "Tuesday 4 May 2027, 10am - 1pm".
    pub fn date(&self) -> String {
        let month = MONTHS[usize::try_from(chrono::Datelike::month0(&self.day)).unwrap_or(0)];
        format!("{} {month} {}, {}:00 - {}:30", chrono::Datelike::day(&self.day), chrono::Datelike::year(&self.day), self.hour, self.hour + 2)
    }

    pub fn price(&self) -> String {
        if self.pounds == 0 { "Free".into() } else { format!("£{}", self.pounds) }
    }

    /// As a parser of running text finds it: everything is in the words.
    pub fn prose(&self) -> RawEvent {
        let mut raw = RawEvent::new(Method::Repeated, self.title.clone());
        raw.text = format!("{}\n{}\n{}\n{}", self.date(), self.town, self.price(), self.text);
        raw.url = Some(self.url());
        raw
    }

    /// As a parser of structured data finds it.
    pub fn structured(&self) -> RawEvent {
        let mut raw = self.prose();
        raw.native_id = Some(format!("{}@events.example", self.number));
        raw.date_words = Some(self.date());
        raw.price_words = Some(self.price());
        raw.place = RawPlace { town: Some(self.town.to_owned()), ..RawPlace::default() };
        raw.provider = Some(self.provider.clone());
        raw
    }
}

/// So many different events over three years, from providers of which some are far busier than others.
pub fn samples(seed: u64, n: usize, words: &Words) -> Vec<Sample> {
    let mut numbers = Numbers::seeded(seed);
    let first = now().date_naive();
    let one = |number: usize| {
        let length = 4 + numbers.below(6);
        let title = words.phrase(&mut numbers, length);
        let mut text = String::new();
        for _ in 0..4 {
            let length = 8 + numbers.below(10);
            let _ = write!(text, "{}. ", words.phrase(&mut numbers, length));
        }
        let busy = numbers.below(40);
        let provider = format!("{} Trust", words.list[200 + numbers.below(busy * busy + 1)]);
        Sample {
            number,
            title,
            text,
            day: first + Days::new(numbers.next() % 1_000),
            hour: 9 + numbers.below(8),
            town: TOWNS[numbers.below(TOWNS.len())],
            provider,
            pounds: numbers.below(6) * 15,
        }
    };
    (0..n).map(one).collect()
}

/// One measurement.
#[derive(Debug, Clone, Copy)]
pub struct Figure {
    n: f64,
    took: Duration,
}

impl Figure {
    #[allow(clippy::cast_precision_loss, reason = "counts that fit")]
    pub fn of(n: usize, took: Duration) -> Self {
        Self { n: n as f64, took }
    }

    /// Per second.
    pub fn rate(self) -> f64 {
        self.n / self.took.as_secs_f64().max(1e-9)
    }

    /// One line: what, n, seconds, rate.
    pub fn print(self, what: &str) {
        self.line(what, "");
    }

    /// The same, with the ratio of the rates of ours and a peer's.
    pub fn against(self, what: &str, peer: &str, other: Self) {
        self.line(what, &format!("{:.2} x {peer} ({:.0}/s)", self.rate() / other.rate(), other.rate()));
    }

    /// The same, with the ratio to a rate that was promised.
    pub fn at_least(self, what: &str, limit: f64) {
        self.line(what, &format!("{:.2} x the limit of {limit:.0}/s", self.rate() / limit));
    }

    /// The same, with the ratio to a time that was promised.
    pub fn within(self, what: &str, limit: Duration) {
        self.line(what, &format!("{:.2} of the limit of {limit:?}", self.took.as_secs_f64() / limit.as_secs_f64()));
    }

    fn line(self, what: &str, ratio: &str) {
        println!("{what:<58} n {:>7}  {:>8.3} s  {:>9.1}/s  {ratio}", self.n, self.took.as_secs_f64(), self.rate());
    }
}

/// Times `work`, which does `n` things, once.
pub fn once<T>(n: usize, work: impl FnOnce() -> T) -> (Figure, T) {
    let began = Instant::now();
    let result = black_box(work());
    (Figure::of(n, began.elapsed()), result)
}

/// Times `work`, which does `n` things, over and over for about a second; the first time is not counted.
pub fn repeated<T>(n: usize, mut work: impl FnMut() -> T) -> Figure {
    black_box(work());
    let (began, mut times) = (Instant::now(), 0);
    while began.elapsed() < LONG_ENOUGH {
        black_box(work());
        times += 1;
    }
    Figure::of(n * times, began.elapsed())
}

/// The most memory that the process ever held, in MiB; 0 where the system does not say.
pub fn peak_memory() -> u64 {
    peak_memory_of("self")
}

/// The same of another process, by its number.
pub fn peak_memory_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time that this process has taken, in the system's ticks; zero where the system does not say.
pub fn cpu_time() -> Duration {
    /// Linux counts in hundredths of a second for every program (USER_HZ).
    const TICK: Duration = Duration::from_millis(10);
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name before it may hold spaces. Then, from the state on, user and system time are the 12th and 13th.
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u32>().ok()).sum::<u32>();
    TICK * ticks
}
