//! Good settings become what they say; bad ones say where they stand and what is expected.

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Some(Path::new("gleaner.toml")), Env::prefixed("GLEANER_NOTHING__"))
}

#[test]
fn an_empty_file_is_a_working_configuration() {
    let config = parse("").unwrap();
    assert_eq!(config.mail.transport, TransportKind::Maildir);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.public_url.as_str(), "http://127.0.0.1:8080/");
}

fn example() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/config/gleaner.toml")).unwrap()
}

/// `#key = ...` and `#[table]` without the sign that makes them defaults; prose begins with `# `. Paths of files that are not there stay out.
fn uncommented(text: &str) -> String {
    let setting = |rest: &&str| (rest.starts_with('[') || rest.starts_with(|c: char| c.is_ascii_lowercase())) && !rest.contains("\"/etc/");
    let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix('#').filter(setting).unwrap_or(line)).collect();
    lines.join("\n")
}

#[test]
fn the_example_sets_nothing_and_each_default_it_shows_is_the_default() {
    let (shipped, bare) = (parse(&example()).unwrap(), parse("").unwrap());
    let shown = parse(&uncommented(&example()).replace("selector = \"gleaner\"", "").replace("domain = \"example.org\"", "")).unwrap();
    let settings = |c: &Config| {
        let (m, f) = (&c.mail, &c.fetch);
        format!(
            "{:?} {} {} | {:?} {:?} {} {} {:?} {} | {} {} {:?} {:?} {:?} {} {} {:?} {:?} {:?} {} | {:?} {} {} {} {}",
            c.feedback.policy,
            c.feedback.interval_minutes,
            c.feedback.believes_senders,
            m.transport,
            m.outbox,
            m.max_attempts,
            m.smtp.port,
            m.smtp.tls,
            m.smtp.connections,
            f.max_body_bytes,
            f.max_redirects,
            f.connect_timeout,
            f.read_timeout,
            f.total_timeout,
            f.retries,
            c.concurrency,
            f.pause,
            f.most_crawl_delay,
            c.adapts,
            c.collect.horizon_days,
            c.collect.min_confidence,
            c.listen,
            c.public_url,
            c.log_level,
            c.log_format,
        )
    };
    assert_eq!(settings(&shipped), settings(&bare), "as shipped it sets nothing");
    // The port it shows is the one of the TLS mode it shows.
    assert_eq!(settings(&shown), settings(&bare));
    assert_eq!((shown.organisations.len(), shown.bulletins.len(), shown.sources.len()), (1, 1, 1), "every table is shown");
    let b = &shown.bulletins[0];
    assert_eq!((b.window_minutes, b.min_items, b.max_items, b.horizon_days, b.colour.as_str()), (360, 1, 40, 180, "#0b3d5c"));
}

#[test]
fn errors_name_file_line_key_and_what_is_expected() {
    let check = |text: &str, expected: &str| {
        let got = parse(text).unwrap_err().to_string();
        assert!(got.starts_with(expected), "{text}\n  says: {got}\n  want: {expected}");
    };
    check("[mail]\ntransport = \"pigeon\"\n", "gleaner.toml:2: mail.transport: `pigeon` is not a transport; expected one of maildir, smtp");
    check("[mail.smtp]\n\nport = \"many\"\n", "gleaner.toml:3: mail.smtp.port: expected u16, found string \"many\"");
    check("[mail]\n[fetch]\nspeed = 3\n", "gleaner.toml:3: fetch.speed: there is no such key; expected one of user_agent");
    check("[mail\n", "gleaner.toml:1: not valid TOML:");
    check("[mail]\ntransport = \"smtp\"\n", "gleaner.toml:1: mail.smtp.host: is missing");
    check("[[source]]\nurl = \"https://a.example/\"\n[[source]]\nkind = \"feed\"\n", "gleaner.toml:3: source.1.url: is missing");
    check(
        "[[source]]\nurl = \"https://a.example/\"\ninterval_minutes = 1\n",
        "gleaner.toml:3: source.0.interval_minutes: 1 is too small; expected at least 5",
    );
    check("[fetch]\nallow_networks = [\"here\"]\n", "gleaner.toml:2: fetch.allow_networks");
    check("[web]\nlisten = \"8080\"\n", "gleaner.toml:2: web.listen: `8080` is not an address and port");
}

const RELAYS: &str = r#"
[mail]
transport = "smtp"
return_path = "bounces@sender.example"
[[mail.relay]]
host = "one.example"
weight = 3
per_second = 20
per_hour = 1000
[[mail.relay]]
name = "new"
host = "two.example"
tls = "implicit"
warm_up = { from = "2027-03-01", first = 200 }
[[mail.limit]]
domain = "Münchén.example"
per_minute = 30
connections = 2
"#;

#[test]
fn relays_and_limits_are_what_they_say() {
    let mail = parse(RELAYS).unwrap().mail;
    let names: Vec<(&str, u16, u32)> = mail.relays.iter().map(|r| (r.name.as_str(), r.smtp.port, r.weight)).collect();
    assert_eq!(names, [("one.example", 587, 3), ("new", 465, 1)]);
    let limits: Vec<(&str, i64, u64)> = mail.relays[0].limits.iter().map(|l| (l.scope.as_str(), l.window.num_seconds(), l.most)).collect();
    assert_eq!(limits, [("relay:one.example", 1, 20), ("relay:one.example", 3_600, 1_000)]);
    assert_eq!(mail.relays[1].warm_up.unwrap().cap("2027-03-02".parse().unwrap()), Some(300));
    assert_eq!((mail.limits[0].domain.as_str(), mail.limits[0].connections), ("xn--mnchn-esa3k.example", Some(2)));
    assert_eq!(mail.return_path.unwrap().as_str(), "bounces@sender.example");
}

#[test]
fn mistakes_in_relays_are_named() {
    let check = |was: &str, becomes: &str, expected: &str| {
        assert!(RELAYS.contains(was), "{was}");
        let got = parse(&RELAYS.replace(was, becomes)).unwrap_err().to_string();
        assert!(got.contains(expected), "{becomes}\n  says: {got}\n  want: {expected}");
    };
    check("host = \"one.example\"\n", "", "gleaner.toml:5: mail.relay.0.host: is missing");
    check("name = \"new\"", "name = \"one.example\"", "mail.relay.1.name: `one.example` is there twice");
    check("weight = 3", "weight = 0", "gleaner.toml:7: mail.relay.0.weight: 0 is too small");
    check("per_second = 20", "per_second = 0", "mail.relay.0.per_second: 0 is too small");
    check("per_second = 20", "per_week = 20", "per_week");
    check("from = \"2027-03-01\"", "from = \"March\"", "`March` is not a date");
    check("per_minute = 30\nconnections = 2\n", "", "mail.limit.0: limits nothing");
    check("bounces@sender.example", "bounces+all@sender.example", "mail.return_path: `bounces+all@sender.example` cannot carry the mark");
    check("[[mail.limit]]", "[mail.smtp]\nhost = \"three.example\"\n[[mail.limit]]", "mail.smtp.host: stands beside [[mail.relay]]");
}

#[test]
fn a_bulletin_needs_an_owner() {
    let bulletin = "[[bulletin]]\nslug = \"b\"\nname = \"B\"\nfrom_name = \"B\"\nfrom_address = \"b@example.org\"\n";
    let error = parse(bulletin).unwrap_err().to_string();
    assert!(error.contains("add an [[organisation]]"), "{error}");
    let owner = "[[organisation]]\nslug = \"o\"\nname = \"O\"\npostal_address = \"1 Quay\"\ncontact = \"o@example.org\"\n";
    let config = parse(&format!("{owner}{bulletin}schedule = \"0 7 * * Thu\"\n")).unwrap();
    assert_eq!(config.bulletins[0].organisation.as_str(), "o");
    let error = parse(&format!("{owner}{bulletin}schedule = \"whenever\"\n")).unwrap_err().to_string();
    assert!(error.contains("gleaner.toml:11: bulletin.0.schedule"), "{error}");
}

#[test]
fn rules_are_written_as_in_the_documentation() {
    let text = r#"
[[organisation]]
slug = "o"
name = "O"
postal_address = "1 Quay"
contact = "o@example.org"
[[bulletin]]
slug = "b"
name = "B"
from_name = "B"
from_address = "b@example.org"
[[bulletin.segment]]
name = "North West"
people = { is = { region = ["nw"] } }
events = { any = [ { is = { region = ["nw"] } }, { is = { tagged = { facet = "format", any_of = ["onl"] } } } ] }
"#;
    assert_eq!(parse(text).unwrap().bulletins[0].segments.len(), 1);
    let wrong = text.replace("region = [\"nw\"] } }\nevents", "colour = [\"red\"] } }\nevents");
    let error = parse(&wrong).unwrap_err().to_string();
    assert!(error.contains("colour"), "{error}");
}
