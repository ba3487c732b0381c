//! The rules as tables, each with its reason. A change here is a change of the design: say so in ARCHITECTURE.md.

use super::source::within;

/// Longer files are split by topic.
pub const UNIT_FILE_LINES: usize = 500;

/// A part of the program and what it may know of the others. The longest name that fits a file is its layer.
pub struct Layer {
    pub who: &'static str,
    pub reach: Reach,
    pub why: &'static str,
}

/// Modules of this crate, named from its root. A layer's own modules are always within reach.
pub enum Reach {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}
use Reach::{AllBut, Only};

const PURE: &str = "a pure stage knows only the words of the domain: same input, same result, testable without anything else";
const BORDER: &str = "store, mail and fetch stand side by side and never know of one another";
const SHELL: &str = "shells are called by web, schedule and the command line, and never call back; settings reach them as values";

pub const LAYERS: &[Layer] = &[
    Layer { who: "domain", reach: Only(&[]), why: "everything stands on the words of the domain, so they stand on nothing" },
    Layer { who: "collect::html", reach: Only(&["domain"]), why: PURE },
    Layer { who: "collect::normalise", reach: Only(&["domain", "collect::html"]), why: PURE },
    Layer { who: "collect::extract", reach: Only(&["domain", "collect::html", "collect::normalise"]), why: PURE },
    Layer { who: "collect::health", reach: Only(&["domain"]), why: PURE },
    Layer { who: "identity", reach: Only(&["domain"]), why: PURE },
    Layer { who: "tag", reach: Only(&["domain"]), why: PURE },
    Layer { who: "bulletin", reach: Only(&["domain"]), why: PURE },
    Layer { who: "feedback::dsn", reach: Only(&["domain"]), why: PURE },
    Layer { who: "feedback::arf", reach: Only(&["domain", "feedback::dsn"]), why: PURE },
    Layer { who: "feedback::report", reach: Only(&["domain", "feedback::dsn", "feedback::arf"]), why: PURE },
    Layer { who: "feedback::policy", reach: Only(&["domain"]), why: PURE },
    Layer { who: "store", reach: Only(&["domain"]), why: BORDER },
    Layer { who: "mail", reach: Only(&["domain"]), why: BORDER },
    Layer { who: "collect::fetch", reach: Only(&["domain"]), why: BORDER },
    Layer { who: "schedule", reach: Only(&["domain"]), why: "what is due is decided from values, so that a year can be tested in a second" },
    Layer { who: "telemetry", reach: Only(&["domain"]), why: "everybody logs, so logging knows nobody" },
    Layer { who: "collect", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "curate", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "bulletin::publish", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "bulletin::deliver", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "bulletin::subscribers", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "feedback", reach: AllBut(&["web", "app", "cli", "config"]), why: SHELL },
    Layer { who: "web", reach: AllBut(&["app", "cli", "config"]), why: "only app reads the configuration; pages get what they need as values" },
    Layer { who: "config", reach: AllBut(&["app", "cli", "web", "store"]), why: "settings are values: reading them starts nothing" },
];

/// A path that must not be named.
pub struct Ban {
    /// Segments in a row, or a keyword.
    pub word: &'static str,
    pub scope: Scope,
    pub why: &'static str,
}

pub enum Scope {
    Everywhere { except: &'static [&'static str] },
    Within(&'static [&'static str]),
}
use Scope::{Everywhere, Within};

const CLOCK: &str = "time is injected: `now` is a parameter, and only app reads the clock";
const STDOUT: &str = "standard output holds results that scripts read: commands print, everybody else logs";
const NO_IO: &str = "domain and the pure stages do no I/O and read no clock, environment or randomness (invariant 8)";
const STAGES: &[&str] = &[
    "domain",
    "schedule",
    "collect::extract",
    "collect::normalise",
    "collect::html",
    "collect::health",
    "identity",
    "tag",
    "bulletin::compose",
    "bulletin::select",
    "bulletin::render",
    "bulletin::wording",
    "bulletin::view",
    "bulletin::digest",
    "feedback::dsn",
    "feedback::arf",
    "feedback::report",
    "feedback::policy",
];

pub const BANS: &[Ban] = &[
    Ban { word: "Utc::now", scope: Everywhere { except: &["app"] }, why: CLOCK },
    Ban { word: "Local::now", scope: Everywhere { except: &["app"] }, why: CLOCK },
    Ban { word: "SystemTime::now", scope: Everywhere { except: &["app"] }, why: CLOCK },
    Ban { word: "sqlx", scope: Everywhere { except: &["store"] }, why: "all SQL is in store: nothing else knows the database" },
    Ban { word: "lettre", scope: Everywhere { except: &["mail"] }, why: "mail is the only user of lettre, whose panics and sockets it guards" },
    Ban { word: "reqwest", scope: Within(&["web"]), why: "answering a request never waits for somebody else's server" },
    Ban {
        word: "tokio::spawn",
        scope: Everywhere { except: &["app", "cli", "main"] },
        why: "a detached task outlives its owner: app spawns and awaits",
    },
    Ban { word: "process::exit", scope: Everywhere { except: &["main"] }, why: "leaving at once drops what is in flight: return an error" },
    Ban { word: "println", scope: Everywhere { except: &["cli", "main"] }, why: STDOUT },
    Ban { word: "print", scope: Everywhere { except: &["cli", "main"] }, why: STDOUT },
    Ban { word: "tokio", scope: Within(STAGES), why: NO_IO },
    Ban { word: "async", scope: Within(STAGES), why: NO_IO },
    Ban { word: "std::fs", scope: Within(STAGES), why: NO_IO },
    Ban { word: "std::env", scope: Within(STAGES), why: NO_IO },
    Ban { word: "rand", scope: Within(STAGES), why: NO_IO },
];

impl Ban {
    /// Whether the rule speaks to this module.
    pub fn binds(&self, module: &str) -> bool {
        match self.scope {
            Everywhere { except } => !except.iter().any(|e| within(module, e)),
            Within(layers) => layers.iter().any(|l| within(module, l)),
        }
    }

    /// Whether a path names it: a crate at the path's head, `Type::function` anywhere.
    pub fn names(&self, path: &[String]) -> bool {
        let word: Vec<&str> = self.word.split("::").collect();
        let is_type = word.len() > 1 && word[0] != "std" && word[0] != "tokio";
        let here = |at: &[String]| at.len() >= word.len() && at.iter().zip(&word).all(|(a, b)| a == b);
        if is_type { (0..path.len()).any(|i| here(&path[i..])) } else { here(path) }
    }
}
