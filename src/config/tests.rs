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
