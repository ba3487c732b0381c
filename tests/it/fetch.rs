//! The fetcher against a real server: manners, limits, and who may be asked.

use std::{io::Write, time::Duration};

use gleaner::collect::fetch::{FetchError, FetchSettings, Fetched, Fetcher, Guard, Validators};
use url::Url;

use crate::site::{Answer, Site};

fn settings() -> FetchSettings {
    FetchSettings {
        pause: Duration::ZERO,
        back_off: Duration::from_millis(1),
        read_timeout: Duration::from_millis(300),
        guard: Guard::new(vec!["127.0.0.0/8".parse().unwrap()]),
        ..FetchSettings::default()
    }
}

async fn get(site: &Site, path: &str, settings: FetchSettings) -> Result<Fetched, FetchError> {
    Fetcher::new(settings).unwrap().get(&site.url(path).parse().unwrap(), &Validators::default()).await
}

fn body(fetched: Fetched) -> gleaner::collect::fetch::Body {
    match fetched {
        Fetched::Body(body) => *body,
        Fetched::Unchanged => panic!("unchanged"),
    }
}

#[tokio::test]
async fn what_is_unchanged_is_not_sent_again() {
    let site = Site::start().await;
    site.set("/feed", Answer::ok("text/xml", "<rss/>").with("etag", "\"1\"").with("last-modified", "Sat, 21 Nov 2026 09:00:00 GMT"));
    let fetcher = Fetcher::new(settings()).unwrap();
    let url: Url = site.url("/feed").parse().unwrap();
    let first = body(fetcher.get(&url, &Validators::default()).await.unwrap());
    assert_eq!(first.document.body, b"<rss/>");
    assert!(matches!(fetcher.get(&url, &first.validators).await.unwrap(), Fetched::Unchanged));
    let asked = &site.asked("/feed")[1];
    assert_eq!(asked["if-none-match"], "\"1\"");
    assert_eq!(asked["if-modified-since"], "Sat, 21 Nov 2026 09:00:00 GMT");
    assert!(asked["user-agent"].to_str().unwrap().starts_with("GleanerBot/"), "an honest name");
}

#[tokio::test]
async fn a_body_is_capped_and_a_bomb_costs_no_more_than_the_cap() {
    let site = Site::start().await;
    site.set("/big", Answer::ok("text/html", vec![b'a'; 6 * 1024 * 1024]));
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..100 {
        zip.write_all(&vec![0; 1024 * 1024]).unwrap();
    }
    site.set("/bomb", Answer::ok("text/html", zip.finish().unwrap()).with("content-encoding", "gzip"));
    for path in ["/big", "/bomb"] {
        let error = get(&site, path, settings()).await.unwrap_err();
        assert!(matches!(error, FetchError::TooLarge(_)), "{path}: {error}");
        assert!(error.to_string().contains("fetch.max_body_bytes"), "says what to set");
    }
}

#[tokio::test]
async fn trouble_is_tried_again_and_a_refusal_is_not() {
    let site = Site::start().await;
    site.set_in_turn("/flaky", vec![Answer::status(503), Answer::status(500), Answer::ok("text/plain", "at last")]);
    assert_eq!(body(get(&site, "/flaky", settings()).await.unwrap()).document.body, b"at last");
    site.set("/forbidden", Answer::status(403));
    assert_eq!(get(&site, "/forbidden", settings()).await.unwrap_err().status(), Some(403));
    assert_eq!(site.asked("/forbidden").len(), 1);
    site.set("/down", Answer::status(500));
    assert!(get(&site, "/down", settings()).await.is_err());
    assert_eq!(site.asked("/down").len(), 3, "two further tries");
    site.set("/busy", Answer::status(429).with("retry-after", "3600"));
    assert!(get(&site, "/busy", settings()).await.is_err());
    assert_eq!(site.asked("/busy").len(), 1, "whoever asks for an hour is not asked again in this pass");
}

#[tokio::test]
async fn silence_ends_in_a_time_out() {
    let site = Site::start().await;
    site.set("/silent", Answer { stalls: true, ..Answer::ok("text/html", "") });
    let error = get(&site, "/silent", FetchSettings { retries: 0, ..settings() }).await.unwrap_err();
    assert!(matches!(error, FetchError::TimedOut(_)), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_to_a_limit_and_remembered_when_for_good() {
    let site = Site::start().await;
    site.set("/old", Answer::status(301).with("location", "/new"));
    site.set("/new", Answer::ok("text/plain", "here"));
    let found = body(get(&site, "/old", settings()).await.unwrap());
    assert_eq!(found.moved_to.unwrap().path(), "/new");
    assert_eq!(found.document.url.unwrap().path(), "/new");
    site.set("/round", Answer::status(302).with("location", "/round"));
    assert!(matches!(get(&site, "/round", settings()).await.unwrap_err(), FetchError::TooManyRedirects(5)));
}

#[tokio::test]
async fn a_redirect_into_a_private_network_is_refused() {
    let site = Site::start().await;
    for target in ["http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://0x0a000001/", "file:///etc/passwd"] {
        site.set("/away", Answer::status(302).with("location", target));
        let error = get(&site, "/away", settings()).await.unwrap_err();
        assert!(matches!(error, FetchError::Refused(_)), "{target}: {error}");
    }
}

#[tokio::test]
async fn loopback_is_refused_unless_it_is_allowed() {
    let site = Site::start().await;
    site.set("/", Answer::ok("text/html", "secret"));
    let error = get(&site, "/", FetchSettings { guard: Guard::default(), ..settings() }).await.unwrap_err();
    assert!(error.to_string().contains("fetch.allow_networks"), "{error}");
    assert!(site.asked("/").is_empty());
}

#[tokio::test]
async fn waiting_for_a_slow_host_s_turn_is_no_time_out() {
    let site = Site::start().await;
    for path in ["/1", "/2", "/3"] {
        site.set(path, Answer::ok("text/html", "x"));
    }
    let limit = Duration::from_millis(700);
    let fetcher = Fetcher::new(FetchSettings { pause: limit, total_timeout: limit, retries: 0, ..settings() }).unwrap();
    let urls: Vec<Url> = ["/1", "/2", "/3"].iter().map(|p| site.url(p).parse().unwrap()).collect();
    let none = Validators::default();
    let answers = futures::future::join_all(urls.iter().map(|url| fetcher.get(url, &none))).await;
    assert!(answers.iter().all(Result::is_ok), "the third waits for two pauses, longer than the limit: {answers:?}");
}
