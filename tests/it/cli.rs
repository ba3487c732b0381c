//! The command line as scripts use it: what CONTRACTS promises of each command's JSON and exit status, on the program itself.

use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;

use crate::site::{Answer, Site};

/// The program in a directory of its own, without the operator's environment.
pub struct Program {
    pub dir: tempfile::TempDir,
}

impl Program {
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub fn write(&self, name: &str, text: &str) -> String {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    }

    fn run_with(&self, input: &str, args: &[&str]) -> Output {
        use std::io::Write;
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        command
            .args(args)
            .current_dir(self.dir.path())
            .env("GLEANER__FETCH__ALLOW_NETWORKS", "[\"127.0.0.0/8\"]")
            .env("GLEANER__FETCH__DELAY_MS", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    /// All that a run says, however it ends, with further variables set.
    pub fn said(&self, args: &[&str], variables: &[(&str, &Path)]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gleaner"));
        let out = command.args(args).current_dir(self.dir.path()).envs(variables.iter().copied()).stdin(Stdio::null()).output().unwrap();
        [out.stdout, out.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat()
    }

    fn run(&self, args: &[&str]) -> Output {
        self.run_with("", args)
    }

    /// Standard output of a run that must succeed.
    pub fn text(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    /// The one JSON object a run prints.
    pub fn json(&self, args: &[&str]) -> Value {
        let text = self.text(args);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("{args:?}: {e}: {text}"))
    }

    fn lines(&self, input: &str, args: &[&str]) -> Vec<Value> {
        let out = self.run_with(input, args);
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    /// Exit status and the words on standard error.
    pub fn failure(&self, args: &[&str]) -> (i32, String) {
        let out = self.run(args);
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    }
}

fn has_keys(value: &Value, keys: &[&str]) {
    for key in keys {
        assert!(value.get(key).is_some(), "`{key}` is missing in {value}");
    }
}

const EVENT_KEYS: [&str; 26] = [
    "title",
    "start",
    "end",
    "all_day",
    "timezone",
    "sessions",
    "status",
    "mode",
    "venue",
    "address",
    "town",
    "postcode",
    "region",
    "provider",
    "url",
    "booking_url",
    "price_min",
    "price_max",
    "currency",
    "free",
    "cost_flags",
    "deadline",
    "description",
    "method",
    "confidence",
    "evidence",
];

const PAGE: &str = r#"<html><head><title>Events</title><script type="application/ld+json">
{"@context":"https://schema.org","@type":"EducationEvent","name":"Label writing","startDate":"2027-05-04T10:00:00+01:00","endDate":"2027-05-04T13:00:00+01:00",
"location":{"@type":"Place","name":"Old Mill","address":{"@type":"PostalAddress","addressLocality":"Leeds","postalCode":"LS1 1AA"}},
"offers":{"@type":"Offer","price":"25.00","priceCurrency":"GBP"},"url":"https://museums.example/labels?utm_source=x"}
</script></head><body><h1>Events</h1></body></html>"#;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1@x.example\r\nDTSTART;TZID=Europe/London:20270108T100000\r\n\
DTEND;TZID=Europe/London:20270108T110000\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nSUMMARY:Peer learning\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn try_page_prints_an_event_a_line_with_every_promised_key() {
    let program = Program::new();
    let page = program.write("page.html", PAGE);
    let found = program.lines("", &["try", "page", &page, "--url", "https://museums.example/events", "--as-of", "2026-11-21"]);
    assert_eq!(found.len(), 1);
    let e = &found[0];
    has_keys(e, &EVENT_KEYS);
    assert_eq!(e["title"], "Label writing");
    assert_eq!(e["start"], "2027-05-04T10:00:00+01:00");
    assert_eq!((e["all_day"].clone(), e["status"].clone(), e["method"].clone()), (false.into(), "scheduled".into(), "json_ld".into()));
    assert_eq!((e["price_min"].as_f64(), e["price_max"].as_f64(), e["free"].as_bool()), (Some(25.0), Some(25.0), Some(false)));
    assert_eq!((e["town"].clone(), e["region"].clone(), e["postcode"].clone()), ("Leeds".into(), "yh".into(), "LS1 1AA".into()));
    assert_eq!(e["url"], "https://museums.example/labels", "tracking is stripped");
    assert!(e["evidence"]["start"].as_str().is_some_and(|w| w.contains("2027-05-04")));
    assert!(e["deadline"].is_null(), "what is not stated is null");
}

#[test]
fn try_page_reads_standard_input_and_expands_recurrence_over_the_window() {
    let program = Program::new();
    let found = program.lines(CALENDAR, &["try", "page", "-", "--from", "2027-01-01", "--to", "2027-01-16"]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["method"], "ical");
    let starts: Vec<&str> = found[0]["sessions"].as_array().unwrap().iter().map(|s| s["start"].as_str().unwrap()).collect();
    assert_eq!(starts, ["2027-01-08T10:00:00+00:00", "2027-01-15T10:00:00+00:00"]);
}

#[test]
fn try_page_says_nothing_when_there_is_nothing() {
    let program = Program::new();
    let found = program.lines("<html><body><h1>About us</h1><p>We care for museums.</p></body></html>", &["try", "page", "-"]);
    assert!(found.is_empty());
}

#[test]
fn try_page_applies_an_operators_rules() {
    let program = Program::new();
    let html = "<div class='c'><h3>Bid writing</h3><p class='w'>4 May 2027, 10am to 1pm</p></div><div class='c'><h3>Pricing</h3><p class='w'>5 May 2027</p></div>";
    let rules = program.write("rules.toml", "item = \".c\"\ntitle = \"h3\"\ndate = \".w\"\n");
    let found = program.lines(html, &["try", "page", "-", "--selectors", &rules]);
    let facts: Vec<_> = found.iter().map(|e| (e["title"].as_str().unwrap(), e["start"].as_str().unwrap(), e["method"].as_str().unwrap())).collect();
    assert_eq!(facts, [("Bid writing", "2027-05-04T10:00:00+01:00", "selectors"), ("Pricing", "2027-05-05", "selectors")]);
    let wrong = program.write("wrong.toml", "item = \".c\"\n");
    let (status, said) = program.failure(&["try", "page", "/dev/null", "--selectors", &wrong]);
    assert_eq!(status, 2, "{said}");
}

#[test]
fn try_listings_judges_each_line_in_order() {
    let program = Program::new();
    let lines = [
        r#"{"id":"1","source":"html","as_of":"2026-11-21","title":"Introduction to evaluation for museums","text":"A one-day course for museum staff. Tuesday 4 May 2027, 10am-4pm, Leeds. £45. Book your place."}"#,
        r#"{"id":"2","source":"email","as_of":"2026-11-21","title":"Learning Officer","text":"Salary £24,000 pro rata, fixed term. Closing date 4 January. Apply with CV. Job description on our website."}"#,
        r#"{"id":"3","source":"html","as_of":"2026-11-21","title":"","text":""}"#,
    ];
    let file = program.write("listings.jsonl", &lines.join("\n"));
    let found = program.lines("", &["try", "listings", &file]);
    assert_eq!(found.iter().map(|l| l["id"].as_str().unwrap()).collect::<Vec<_>>(), ["1", "2", "3"]);
    let course = &found[0];
    has_keys(course, &["id", "kind", "is_cpd_event", "tags", "facts", "why"]);
    let tags = "need leadership_sense tailoring subsector activity stage level reach format cost_band cost_flags accreditation duration time_of_day weekend provider_type hei_faculty signals";
    has_keys(&course["tags"], &tags.split(' ').collect::<Vec<_>>());
    let facts = "start end timezone price_min price_max free currency venue town region online provider booking_url audience";
    has_keys(&course["facts"], &facts.split(' ').collect::<Vec<_>>());
    assert_eq!((course["kind"].clone(), course["facts"]["start"].clone()), ("cpd".into(), "2027-05-04T10:00:00+01:00".into()));
    assert_eq!((course["tags"]["cost_band"].clone(), course["tags"]["duration"].clone()), ("low".into(), "day".into()));
    assert!(course["why"].as_array().unwrap().iter().all(|w| w["tag"].is_string() && w["cue"].is_string()));
    assert_eq!(found[1]["kind"], "job");
    let broken = program.write("broken.jsonl", "{\"id\":\"1\"}\nnot json\n");
    let (status, said) = program.failure(&["try", "listings", &broken]);
    assert_eq!(status, 2);
    assert!(said.contains("broken.jsonl:2:"), "{said}");
}

#[test]
fn try_duplicates_prints_every_record_in_one_cluster() {
    let program = Program::new();
    let lines = [
        r#"{"id":"a:1","source":"a","title":"Governance for small museums","start":"2027-03-04","end":"2027-03-04","city":"Leeds"}"#,
        r#"{"id":"b:1","source":"b","title":"Governance for Small Museums (webinar)","start":"2027-03-04","end":"2027-03-04","city":"Leeds"}"#,
        r#"{"id":"b:2","source":"b","title":"Governance for small museums","start":"2028-03-02","end":"2028-03-02","city":"Leeds"}"#,
    ];
    let file = program.write("records.jsonl", &lines.join("\n"));
    let clusters = program.lines("", &["try", "duplicates", &file]);
    let mut ids: Vec<Vec<&str>> = clusters.iter().map(|c| c["ids"].as_array().unwrap().iter().map(|i| i.as_str().unwrap()).collect()).collect();
    ids.sort();
    assert_eq!(ids, [vec!["a:1", "b:1"], vec!["b:2"]]);
    let why = clusters.iter().find(|c| c["ids"].as_array().unwrap().len() == 2).unwrap()["why"][0].clone();
    has_keys(&why, &["a", "b", "score", "because"]);
    assert!(why["because"].as_object().is_some_and(|b| !b.is_empty()));
    has_keys(&program.lines("", &["try", "duplicates", &file, "--pairs"])[0], &["a", "b", "score", "because"]);
}

#[test]
fn try_duplicates_takes_any_line_that_is_json_and_names_the_one_that_is_not() {
    let program = Program::new();
    let lines = [
        String::new(),
        r#"{"id":"a:1","title":"Governance for small museums","start":"2027-03-04","end":null,"online":"perhaps","price":{"from":5}}"#.into(),
        "   ".into(),
        r#"{"id":"b:1","title":"Governance for small museums","start":"2027-03-04"}"#.into(),
        r#"{"id":"a:1","title":"Said once more under the same id","start":"2027-03-04"}"#.into(),
        format!(r#"{{"id":"c:1","title":"{}","start":"2027-03-04"}}"#, "museum governance ".repeat(60_000)),
        r#"{"id":"d:1"}"#.into(),
        // Right to left, by an override and by script; pictures; a day that is none.
        r#"{"id":"","title":"\u202eecnanrevog 🎭🏛️ \u062d\u0648\u0643\u0645\u0629","start":"31/02/2027","end":"9999999-99","price":"£1e999"}"#.into(),
        r#"{"id":"e:1","title":"a\u0301\u0308c &amp;amp; &lt;b&gt;","start":"2027-03-04","end":"2026-03-04","url":"http://[::1","city":"","provider":"🎻"}"#
            .into(),
    ];
    let file = program.write("odd.jsonl", &lines.join("\r\n"));
    let clusters = program.lines("", &["try", "duplicates", &file]);
    let mut ids: Vec<&str> = clusters.iter().flat_map(|c| c["ids"].as_array().unwrap()).map(|i| i.as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["", "a:1", "b:1", "c:1", "d:1", "e:1"], "every id once");
    assert!(clusters.iter().any(|c| c["ids"] == serde_json::json!(["a:1", "b:1"])));
    assert_eq!(program.lines("", &["try", "duplicates", &program.write("empty.jsonl", "\n \n")]).len(), 0);

    let nested = format!("{{\"id\":\"a:1\"}}\n\n{{\"id\":\"a:2\",\"title\":{}", "[".repeat(100_000));
    for (broken, at) in [("{\"id\":\"a:1\"}\n\nnot json\n", 3), ("{\"title\":\"no id\"}", 1), ("{\"id\":7}", 1), ("[1]", 1), (nested.as_str(), 3)] {
        let (status, said) = program.failure(&["try", "duplicates", &program.write("broken.jsonl", broken)]);
        assert_eq!(status, 2);
        assert!(said.contains(&format!("broken.jsonl:{at}:")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn try_source_shows_what_each_rung_yields() {
    let site = Site::start().await;
    let html = format!("<html><head><link rel=\"alternate\" type=\"text/calendar\" href=\"{}\"></head>{PAGE}</html>", site.url("/cal.ics"));
    site.set("/events", Answer::ok("text/html", html));
    site.set("/cal.ics", Answer::ok("text/calendar", CALENDAR));
    let program = Program::new();
    let rungs = program.lines("", &["try", "source", &site.url("/events"), "--as-of", "2026-11-21"]);
    for rung in &rungs {
        has_keys(rung, &["rung", "url", "events", "fields", "chosen", "sample"]);
    }
    let of = |name: &str| rungs.iter().find(|r| r["rung"] == name).unwrap_or_else(|| panic!("no {name} in {rungs:?}"));
    assert_eq!(of("structured data")["events"], 1);
    assert_eq!(of("advertised calendar")["events"], 1);
    assert_eq!(rungs.iter().filter(|r| r["chosen"] == true).count(), 1);
    has_keys(&of("structured data")["sample"][0], &EVENT_KEYS);
}

const CONFIG: &str = r#"
[[organisation]]
slug = "body"
name = "Culture Body"
postal_address = "1 Quay Street, Hull HU1 1AA"
contact = "desk@body.example"
[[bulletin]]
slug = "news"
name = "Culture News"
from_name = "Culture Body"
from_address = "news@body.example"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_command_by_command() {
    let site = Site::start().await;
    site.set("/events", Answer::ok("text/html", PAGE).with("etag", "\"1\""));
    let program = Program::new();
    let config = program.write("gleaner.toml", CONFIG);
    let run = |args: &[&str]| program.json(&[&["--config", &config, "--data", "data", "--as-of", "2026-11-21T09:00:00Z", "--json"], args].concat());

    let added = run(&["source", "add", &site.url("/events"), "--provider", "Fens Museums"]);
    let source = added["source"].as_str().unwrap().to_owned();
    let report = run(&["collect"]);
    has_keys(&report, &["sources", "failed", "listings", "new", "changed", "events", "duplicates"]);
    assert_eq!(
        (report["listings"].as_u64(), report["new"].as_u64(), report["events"].as_u64(), report["failed"].as_u64()),
        (Some(1), Some(1), Some(1), Some(0))
    );
    let again = run(&["collect", "--source", &source]);
    assert_eq!((again["unchanged"].as_u64(), again["new"].as_u64()), (Some(1), Some(0)), "the second pass finds nothing new");
    assert_eq!(run(&["source", "list"])["sources"][0]["health"], "ok");
    assert_eq!(run(&["source", "show", &source])["provider"], "Fens Museums");

    let people = program.write(
        "people.csv",
        "email,name,region,cost_max\njo@reader.example,Reader One,yh;nw,50\nnot an address,X,,\nsam@reader.example,Reader Two,,\n",
    );
    let import = ["subscribers", "import", &people, "--bulletin", "news", "--basis", "consent", "--note", "form of 2026"];
    let imported = run(&import);
    assert_eq!((imported["imported"].as_u64(), imported["rejected"][0]["line"].as_u64()), (Some(2), Some(3)));
    assert_eq!(run(&import)["unchanged"], 2, "twice imports the same");

    let drafted = run(&["edition", "draft", "--bulletin", "news"]);
    let edition = drafted["edition"].as_str().unwrap().to_owned();
    assert_eq!(drafted["items"][0]["title"], "Label writing");
    let (status, said) = program.failure(&["--config", &config, "--data", "data", "edition", "send", &edition]);
    assert_eq!(status, 1);
    assert!(said.contains(&format!("gleaner edition approve {edition}")), "{said}");
    let preview = |format: &str, who: &[&str]| {
        program.text(&[&["--config", &config, "--data", "data", "edition", "preview", &edition, "--format", format], who].concat())
    };
    let text = preview("text", &[]);
    for fact in ["Label writing", "Tuesday 4 May 2027, 10am to 1pm", "Leeds", "Fens Museums", "£25"] {
        assert!(text.contains(fact), "{fact} is missing in {text}");
    }
    assert!(preview("html", &["--subscriber", "jo@reader.example"]).contains("Hello Reader One"));
    assert!(preview("eml", &["--subscriber", "jo@reader.example"]).contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click"));
    assert_eq!(run(&["edition", "approve", &edition])["state"], "approved");
    assert!(run(&["edition", "test", &edition, "--to", "editor@body.example"])["server"].is_string());
    let sent = run(&["edition", "send", &edition]);
    has_keys(&sent, &["queued", "sent", "failed", "uncertain"]);
    assert_eq!((sent["sent"].as_u64(), sent["queued"].as_u64()), (Some(2), Some(0)));
    assert_eq!(run(&["edition", "send", &edition])["sent"], 2, "again, it has nothing to do and says the same");
    let outbox = std::fs::read_dir(program.dir.path().join("data/outbox/new")).unwrap().count();
    assert_eq!(outbox, 3, "two readers and one test");
    assert_eq!(run(&["edition", "show", &edition])["state"], "sent");
    assert!(run(&["edition", "draft", "--bulletin", "news"])["items"].as_array().unwrap().is_empty(), "a further edition holds only what is new");
    assert_eq!(run(&["edition", "draft", "--bulletin", "news", "--repeat"])["items"].as_array().unwrap().len(), 1);

    let exported = program.text(&["--config", &config, "--data", "data", "subscribers", "export", "--bulletin", "news"]);
    assert!(exported.starts_with("email,name,") && exported.contains("jo@reader.example"));
    assert_eq!(run(&["subscribers", "forget", "jo@reader.example"])["forgotten"], true);
    assert_eq!(run(&import)["suppressed"], 1, "whoever was forgotten is not brought back");
    assert_eq!(run(&["user", "add", "editor@body.example", "--role", "editor"])["role"], "editor");
    assert_eq!(run(&["check"])["ok"], true);

    run(&["backup", "copy.db"]);
    run(&["source", "disable", &source]);
    assert_eq!(run(&["source", "list"])["sources"][0]["health"], "disabled");
    run(&["restore", "copy.db"]);
    assert_eq!(run(&["source", "list"])["sources"][0]["health"], "ok", "restored to what it was");
}

#[test]
fn the_demo_needs_nothing_and_goes_on_from_where_it_was() {
    let program = Program::new();
    let first = program.json(&["demo", "--once", "--json", "--data", "d"]);
    assert_eq!((first["sources"].as_u64(), first["failed"].as_u64(), first["sent"].as_u64()), (Some(5), Some(0), Some(12)));
    assert!(first["items"].as_u64().unwrap() >= 15 && first["duplicates"].as_u64().unwrap() >= 4);
    let mails = |dir: &Path| std::fs::read_dir(dir.join("d/outbox/new")).unwrap().count();
    assert_eq!(mails(program.dir.path()), 12);
    let second = program.json(&["demo", "--once", "--json", "--data", "d"]);
    assert_eq!((second["new"].as_u64(), second["updates"].as_u64()), (Some(1), Some(1)), "one event new, one cancelled");
    assert_eq!(second["items"], 2);
}

#[test]
fn mistakes_have_exit_status_2_and_say_where() {
    let program = Program::new();
    let config = program.write("wrong.toml", "[mail]\n\ntransport = \"pigeon\"\n");
    let (status, said) = program.failure(&["--config", &config, "check"]);
    assert_eq!(status, 2);
    assert!(said.contains("wrong.toml:3: mail.transport") && said.lines().count() == 1, "{said}");
    let rule = "[[bulletin.segment]]\nname = \"Makers\"\nevents = { is = { tagged = { facet = \"need\", any_of = [\"knitting\"] } } }\n";
    let config = program.write("rule.toml", &format!("{CONFIG}{rule}"));
    let (status, said) = program.failure(&["--config", &config, "source", "list"]);
    assert_eq!(status, 2);
    assert!(said.contains("“Makers”, events: names need `knitting`, which the taxonomy does not have; expected one of lead"), "{said}");
    std::fs::create_dir(program.dir.path().join("templates")).unwrap();
    let template = program.write("templates/edition.txt", "{{ bulletin.name }}\n{{ bulletin.nmae }}\n");
    let config = program.write("template.toml", "[templates]\ndirectory = \"templates\"\n");
    let (status, said) = program.failure(&["--config", &config, "source", "list"]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("edition.txt:2") || said.contains("edition.txt, line 2"), "{template}: {said}");
    assert_eq!(program.failure(&["--config", "nowhere.toml", "check"]).0, 2);
    assert_eq!(program.failure(&["no-such-command"]).0, 2);
    assert_eq!(program.failure(&["--as-of", "someday", "collect"]).0, 2);
    assert_eq!(program.failure(&["collect", "--as-of", "2026-11-21", "--source", "x"]).0, 2);
    let (status, said) = program.failure(&["edition", "draft", "--bulletin", "none"]);
    assert_eq!(status, 1);
    assert!(said.contains("there is no bulletin `none`"), "{said}");
}
