//! The fetcher as a guest, against real servers: robots.txt, rest that a host asks for, links unwrapped, and who may be asked.

use std::time::Duration;

use gleaner::collect::fetch::{FetchError, FetchSettings, Fetched, Fetcher, Forbidden, Guard, Refused, Validators};
use url::Url;

use crate::{
    collecting::manners,
    site::{Answer, Sent, Site, raw},
};

fn fetcher() -> Fetcher {
    Fetcher::new(manners()).unwrap()
}

fn url(site: &Site, path: &str) -> Url {
    site.url(path).parse().unwrap()
}

async fn get(fetcher: &Fetcher, url: &Url) -> Result<Vec<u8>, FetchError> {
    match fetcher.get(url, &Validators::default()).await? {
        Fetched::Body(body) => Ok(body.document.body),
        Fetched::Unchanged => panic!("{url}: unchanged"),
    }
}

fn page(text: &str) -> Answer {
    Answer::ok("text/html", text)
}

fn moved(status: u16, to: &str) -> Answer {
    Answer::status(status).with("location", to)
}

#[tokio::test]
async fn a_link_is_unwrapped_to_where_it_leads() {
    let (tracker, provider) = (Site::start().await, Site::start().await);
    let event = provider.url("/event?id=7");
    tracker.set("/click", moved(302, "/again"));
    tracker.set("/again", moved(301, &event));
    provider.set("/event?id=7", page("An event"));
    let fetcher = fetcher();
    for _ in 0..2 {
        assert_eq!(fetcher.resolve(&url(&tracker, "/click")).await.unwrap().as_str(), event);
    }
    assert_eq!(tracker.methods("/click"), ["HEAD"], "asked once, and remembered");
    assert_eq!(provider.methods("/event?id=7"), ["HEAD"], "no body is fetched");
}

#[tokio::test]
async fn who_refuses_head_is_asked_with_get_and_an_end_that_lets_nobody_in_is_an_end() {
    let site = Site::start().await;
    site.set("/click", moved(302, "/event").only("GET"));
    site.set("/event", Answer::status(403));
    assert_eq!(fetcher().resolve(&url(&site, "/click")).await.unwrap(), url(&site, "/event"));
    assert_eq!(site.methods("/click"), ["HEAD", "GET"]);
    // Where the link itself gives nothing, its end is unknown.
    assert_eq!(fetcher().resolve(&url(&site, "/gone")).await.unwrap_err().status(), Some(404));
    site.set("/plain", page("x"));
    assert_eq!(fetcher().resolve(&url(&site, "/plain")).await.unwrap(), url(&site, "/plain"));
}

#[tokio::test]
async fn a_link_is_guarded_and_bounded_on_every_hop() {
    let site = Site::start().await;
    site.set("/in", moved(302, "http://169.254.169.254/latest/meta-data/"));
    assert!(matches!(fetcher().resolve(&url(&site, "/in")).await.unwrap_err(), FetchError::Refused(Refused::Private(_))));
    site.set("/round", moved(302, "/round"));
    assert!(matches!(fetcher().resolve(&url(&site, "/round")).await.unwrap_err(), FetchError::TooManyRedirects(5)));
    assert_eq!(site.methods("/round").len(), 6);
}

fn robots(text: &str) -> Answer {
    Answer::ok("text/plain", text)
}

#[tokio::test]
async fn robots_txt_is_asked_once_and_kept_to() {
    let site = Site::start().await;
    site.set("/robots.txt", robots("User-agent: *\nDisallow: /\n\nUser-agent: GleanerBot\nDisallow: /private\n"));
    for path in ["/events", "/more", "/private/list"] {
        site.set(path, page(path));
    }
    let fetcher = fetcher();
    let (a, b) = (url(&site, "/events"), url(&site, "/more"));
    let (a, b) = tokio::join!(get(&fetcher, &a), get(&fetcher, &b));
    assert_eq!((a.unwrap(), b.unwrap()), (b"/events".to_vec(), b"/more".to_vec()));
    let error = get(&fetcher, &url(&site, "/private/list")).await.unwrap_err();
    assert!(matches!(&error, FetchError::Forbidden(Forbidden::Disallowed { .. })), "{error}");
    assert!(error.to_string().contains("robots.txt of 127.0.0.1 disallows /private/list for GleanerBot; ask them"), "{error}");
    assert_eq!((site.asked("/robots.txt").len(), site.asked("/private/list").len()), (1, 0));
}

#[tokio::test]
async fn the_rules_of_a_redirect_s_target_hold_too() {
    let (site, other) = (Site::start().await, Site::start().await);
    other.set("/robots.txt", robots("User-agent: *\nDisallow: /events\n"));
    other.set("/events", page("x"));
    site.set("/events", moved(302, &other.url("/events")));
    assert!(matches!(get(&fetcher(), &url(&site, "/events")).await.unwrap_err(), FetchError::Forbidden(_)));
    assert!(other.asked("/events").is_empty());
}

#[tokio::test]
async fn a_robots_txt_behind_redirects_holds_for_the_host_that_was_asked() {
    let (site, other) = (Site::start().await, Site::start().await);
    site.set("/robots.txt", moved(301, &other.url("/rules")));
    other.set("/rules", robots("User-agent: *\nDisallow: /events\n"));
    site.set("/events", page("x"));
    assert!(matches!(get(&fetcher(), &url(&site, "/events")).await.unwrap_err(), FetchError::Forbidden(_)));
}

#[tokio::test]
async fn no_robots_txt_lets_us_in_and_one_that_cannot_be_read_does_not() {
    for (answer, allowed) in [
        (Answer::status(404), true),
        (Answer::status(401), true),
        (Answer::status(410), true),
        (moved(302, "/robots.txt"), true),
        (robots(""), true),
        (Answer { stalls: true, ..robots("") }, false),
        (Answer::status(500), false),
        (Answer::status(503), false),
        (Answer::status(429), false),
    ] {
        let site = Site::start().await;
        let status = answer.status;
        site.set("/robots.txt", answer);
        site.set("/events", page("x"));
        let settings = FetchSettings { retries: 1, ..manners() };
        let fetcher = Fetcher::new(settings).unwrap();
        let found = get(&fetcher, &url(&site, "/events")).await;
        assert_eq!(found.is_ok(), allowed, "{status}: {found:?}");
        if !allowed {
            let asked = site.asked("/robots.txt").len();
            assert!(matches!(get(&fetcher, &url(&site, "/events")).await, Err(FetchError::Forbidden(Forbidden::Unreachable { .. }))), "{status}");
            assert_eq!(site.asked("/robots.txt").len(), asked, "{status}: and it is not asked for again at once");
        }
    }
}

#[tokio::test]
async fn a_host_that_asks_for_rest_is_left_alone_by_all_its_sources() {
    let (busy, other) = (Site::start().await, Site::on("127.0.0.2").await);
    busy.set("/a", Answer::status(429).with("retry-after", "3600"));
    busy.set("/b", page("b"));
    other.set("/b", page("b"));
    let fetcher = fetcher();
    assert_eq!(get(&fetcher, &url(&busy, "/a")).await.unwrap_err().retry_after(), Some(Duration::from_hours(1)));
    let error = get(&fetcher, &url(&busy, "/b")).await.unwrap_err();
    assert!(error.is_put_off() && error.to_string().contains("asked to be left alone for another 60 min"), "{error}");
    assert!(busy.asked("/b").is_empty());
    assert!(get(&fetcher, &url(&other, "/b")).await.is_ok(), "another host is asked");
}

#[tokio::test]
async fn one_host_is_asked_one_thing_at_a_time() {
    let site = Site::start().await;
    let paths: Vec<String> = (0..20).map(|n| format!("/{n}")).collect();
    for path in &paths {
        site.set(path, page("x"));
    }
    let (fetcher, urls) = (fetcher(), paths.iter().map(|p| url(&site, p)).collect::<Vec<_>>());
    let answers = futures::future::join_all(urls.iter().map(|u| get(&fetcher, u))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(site.most_at_once(), 1);
}

#[tokio::test]
async fn crawl_delay_is_kept_up_to_a_cap() {
    let site = Site::start().await;
    site.set("/robots.txt", robots("User-agent: *\nCrawl-delay: 600\n"));
    site.set("/events", page("x"));
    let cap = Duration::from_millis(400);
    let fetcher = Fetcher::new(FetchSettings { most_crawl_delay: cap, ..manners() }).unwrap();
    let began = std::time::Instant::now();
    for _ in 0..3 {
        get(&fetcher, &url(&site, "/events")).await.unwrap();
    }
    assert!(began.elapsed() >= cap * 2, "two pauses lie between three requests");
}

/// Every way into a private network that a server can point to.
#[tokio::test]
async fn ssrf_table_a_redirect_to_each_is_refused() {
    let site = Site::start().await;
    let guard = Guard::new(vec![format!("{}/32", site.address.ip()).parse().unwrap()]);
    let fetcher = Fetcher::new(FetchSettings { guard, ..manners() }).unwrap();
    let targets = [
        "http://10.0.0.1/",
        "//10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.2/",
        "http://127.1.1/",
        "http://0177.0.0.2/",
        "http://2130706434/",
        "http://0x7f.0.0.2/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.2]/",
        "http://[64:ff9b::a00:1]/",
        "http://[2002:a00:1::]/",
        "http://[fe80::1]/",
        "https://192.168.0.1/",
        "http://8.8.8.8:22/",
        "http://user:secret@127.0.0.1/",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "gopher://127.0.0.1/",
    ];
    for target in targets {
        site.set("/away", moved(302, target));
        let error = get(&fetcher, &url(&site, "/away")).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{target}: {error}");
        let error = fetcher.resolve(&url(&site, "/away")).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{target}: {error}");
    }
}

#[tokio::test]
async fn nothing_secret_travels_to_another_host() {
    let (site, other) = (Site::start().await, Site::on("127.0.0.2").await);
    let answer = moved(302, &other.url("/there")).with("set-cookie", "session=secret; Path=/").with("etag", "\"1\"");
    site.set("/here", answer);
    other.set("/there", page("x"));
    let validators = Validators { etag: Some("\"private\"".into()), last_modified: Some("Sat, 21 Nov 2026 09:00:00 GMT".into()) };
    fetcher().get(&url(&site, "/here"), &validators).await.unwrap();
    let sent = &other.asked("/there")[0];
    for header in ["cookie", "authorization", "referer", "if-none-match", "if-modified-since", "origin"] {
        assert!(!sent.contains_key(header), "{header}: {sent:?}");
    }
}

#[tokio::test]
async fn a_name_is_resolved_by_the_guard_and_dialled_where_it_led() {
    let site = Site::start().await;
    site.set("/events", page("x"));
    let named: Url = format!("http://localhost:{}/events", site.address.port()).parse().unwrap();
    assert!(get(&fetcher(), &named).await.is_ok(), "within a network of the configuration on any port");
    let elsewhere = Guard::new(vec!["10.0.0.0/8".parse().unwrap()]);
    let fetcher = Fetcher::new(FetchSettings { guard: elsewhere, ..manners() }).unwrap();
    assert!(matches!(get(&fetcher, &named).await.unwrap_err(), FetchError::Refused(Refused::Private(_))));
    assert_eq!(site.asked("/events").len(), 1);
}

#[tokio::test]
async fn ipv6_is_spoken() {
    let Some(site) = Site::try_on("::1").await else {
        println!("skipped: this machine has no IPv6 loopback");
        return;
    };
    site.set("/events", page("six"));
    let guard = Guard::new(vec!["::1/128".parse().unwrap()]);
    let fetcher = Fetcher::new(FetchSettings { guard, ..manners() }).unwrap();
    assert_eq!(get(&fetcher, &url(&site, "/events")).await.unwrap(), b"six");
}

/// Servers that do not keep to the protocol, each said verbatim: what is sent, and what the fetcher makes of it.
#[tokio::test]
async fn liars_cost_no_more_than_the_limits() {
    let check = async |name: &str, sent: Sent, expected: &str| {
        let address = raw(sent).await;
        let settings = FetchSettings { retries: 0, total_timeout: Duration::from_millis(700), max_body_bytes: 2048, ..manners() };
        let url: Url = format!("http://{address}/").parse().unwrap();
        let found = Fetcher::new(settings).unwrap().get(&url, &Validators::default()).await;
        let found = match found {
            Ok(Fetched::Body(body)) => format!("body {}", body.document.body.len()),
            Ok(Fetched::Unchanged) => "unchanged".to_owned(),
            Err(e) => e.to_string(),
        };
        assert!(found.starts_with(expected), "{name}: {found}");
    };
    check("promises more than it sends", Sent::once("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort"), "the answer broke off").await;
    check("sends more than it promises", Sent::once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshort and more"), "body 5").await;
    check("promises more than is taken", Sent::once("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"), "larger than the limit").await;
    check("two lengths", Sent::once("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nshort"), "the answer broke off").await;
    check("no HTTP at all", Sent::once("220 mail.example ESMTP\r\n"), "the answer broke off").await;
    check("closes at once", Sent::once(""), "the answer broke off").await;
    check("not asked for, not modified", Sent::once("HTTP/1.1 304 Not Modified\r\n\r\n"), "the server answered 304").await;
    check("a redirect without an address", Sent::once("HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n"), "the server answered 302").await;
    check("a byte at a time", Sent::drip("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "x"), "no answer within").await;
    check("a header at a time", Sent::drip("HTTP/1.1 200 OK\r\n", "X-A: b\r\n"), "no answer within").await;
    check(
        "endless chunks",
        Sent::drip("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", &format!("200\r\n{}\r\n", "x".repeat(512))),
        "larger than",
    )
    .await;
    check("says gzip and is not", Sent::once("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nplain"), "the answer broke off")
        .await;
    check("endless head", Sent::once(&format!("HTTP/1.1 200 OK\r\n{}", "X-A: b\r\n".repeat(100_000))), "the answer broke off").await;
}

#[tokio::test]
async fn a_hundred_megabytes_of_gzip_cost_their_hundred_kilobytes() {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..100 {
        std::io::Write::write_all(&mut zip, &zeros).unwrap();
    }
    let bomb = zip.finish().unwrap();
    assert!(bomb.len() < 120_000, "{}", bomb.len());
    let site = Site::start().await;
    site.set("/bomb", Answer::ok("text/html", bomb.clone()).with("content-encoding", "gzip"));
    site.set("/robots.txt", Answer::ok("text/plain", bomb).with("content-encoding", "gzip"));
    assert!(matches!(get(&fetcher(), &url(&site, "/bomb")).await.unwrap_err(), FetchError::TooLarge(_)));
}

#[tokio::test]
async fn a_source_with_permission_is_read_and_others_of_other_hosts_are_not() {
    let (site, other) = (Site::start().await, Site::on("127.0.0.2").await);
    for s in [&site, &other] {
        s.set("/robots.txt", robots("User-agent: *\nDisallow: /\n"));
        s.set("/events", page("x"));
    }
    let (address, fetcher) = (url(&site, "/events"), fetcher());
    assert!(get(&fetcher.for_source(&address, true), &address).await.is_ok());
    assert!(get(&fetcher.for_source(&address, true), &url(&other, "/events")).await.is_err(), "the permission is that host's");
    assert!(get(&fetcher.for_source(&address, false), &address).await.is_err());
    assert!(get(&fetcher, &address).await.is_err());
}
