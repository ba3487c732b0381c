//! Links of invented senders through the wrappers that real services put around them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::domain::RawEvent;

#[track_caller]
fn check(href: &str, expected: &str) {
    let base = Url::parse("https://a.example/events/").unwrap();
    assert_eq!(canonical(href, Some(&base)).map(|u| u.to_string()).unwrap_or_default(), expected, "{href}");
}

#[test]
fn one_form_for_each_page() {
    check("one?utm_source=x&id=7&fbclid=1#top", "https://a.example/events/one?id=7");
    check("/two?mc_cid=1&mc_eid=2", "https://a.example/two");
    check("https://B.example:443/x?q=a%20b", "https://b.example/x?q=a%20b");
    check("https://user:secret@b.example/", "https://b.example/");
    check("https://b.example/x?_cldee=abc&recipientid=contact-1&esid=2&mkt_tok=3&page=2", "https://b.example/x?page=2");
}

#[test]
fn nobodys_number_or_address_stays_in_a_link() {
    check("https://b.example/book?e=12345", "https://b.example/book?e=12345");
    check("https://b.example/book?e=1a2b3c4d5e", "https://b.example/book");
    check("https://us5.campaign-archive.com/?u=1&id=2&e=99", "https://us5.campaign-archive.com/?u=1&id=2");
    check("https://b.example/book?email=reader%40c.example&id=4", "https://b.example/book?id=4");
    check("https://b.example/map?at=@51.5,-0.1", "https://b.example/map?at=@51.5,-0.1");
}

#[test]
fn redirect_wrappers_come_off() {
    let b = "https://b.example/e?id=1";
    check("https://www.google.com/url?q=https://b.example/e?id=1&sa=D", b);
    check("https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fb.example%2Fe%3Fid%3D1", b);
    check("https://eur02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fb.example%2Fe%3Fid%3D1&data=05%7Creader&sdata=x", b);
    check("https://click.c.example/track?u=https%3A%2F%2Fb.example%2Fe%3Fid%3D1%26utm_medium%3Dx", b);
    check("https://l.facebook.com/l.php?u=https%3A%2F%2Fb.example%2Fe%3Fid%3D1&h=AT0", b);
    check("https://www.youtube.com/redirect?event=x&q=https%3A%2F%2Fb.example%2Fe%3Fid%3D1", b);
    check("https://urldefense.proofpoint.com/v1/url?u=https://b.example/e%3Fid%3D1&k=x", b);
    check("https://urldefense.proofpoint.com/v2/url?u=https-3A__b.example_e-3Fid-3D1&d=DwMF&c=x", b);
    check("https://urldefense.com/v3/__https://b.example/e?id=1__;!!abc!def$", b);
    check("https://urldefense.com/v3/__https://b.example/e*id=1__;Pw!!abc!def$", b);
    check("https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fb.example%2fe%3fid%3d1&c=E,1", b);
    check("https://abc.awstrack.me/L0/https:%2F%2Fb.example%2Fe%3Fid=1/1/0102-000000/token=1", b);
    check("https://links-1.govdelivery.com/CL0/https:%2F%2Fb.example%2Fe%3Fid=1/1/0100-1/abc=12", b);
    check("https://secure-web.cisco.com/1abcDEF/https%3A%2F%2Fb.example%2Fe%3Fid%3D1", b);
    check("https://protect.checkpoint.com/v2/___https://b.example/e?id=1___.YzJ1OmE", b);
    check("https://a.example/login?url=https://b.example/", "https://a.example/login?url=https://b.example/");
    let inside = URL_SAFE_NO_PAD.encode(b);
    check(&format!("https://click.convertkit-mail.com/abc/def/{inside}"), b);
    check(&format!("https://link.c.example/click/123.456/{inside}/abc"), b);
    check(&format!("https://www.bing.com/ck/a?p=x&u=a1{inside}&ntb=1"), b);
    let inner = serde_json::json!({"u": 1, "url": b, "id": "x"}).to_string();
    let outer = URL_SAFE_NO_PAD.encode(serde_json::json!({"s": "x", "v": 1, "p": inner}).to_string());
    check(&format!("https://mandrillapp.com/track/click/1/b.example?p={outer}"), b);
    let claims = URL_SAFE_NO_PAD.encode(serde_json::json!({"uri": "bp2:click", "url": b}).to_string());
    check(&format!("https://lnks.gd/l/eyJhbGciOiJIUzI1NiJ9.{claims}.x/s/1/br/2"), b);
    // In one another.
    let twice = "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%253A%252F%252Fb.example%252Fe%253Fid%253D1&data=x";
    check(twice, b);
}

#[test]
fn what_is_no_page_is_not_published() {
    for href in [
        "mailto:x@a.example",
        "javascript:alert(1)",
        "magnet:?xt=1",
        "https://zoom.us/j/123?pwd=x",
        "https://us02web.zoom.us/w/123?tk=x",
        "https://meet.google.com/abc-defg-hij",
        "https://c.webex.com/c/j.php?MTID=m1",
        "https://meet.goto.com/123",
        "https://whereby.com/our-room",
        "https://",
        "data:text/html,x",
        "/cdn-cgi/l/email-protection#ab12",
    ] {
        check(href, "");
    }
    check("https://www.google.com/url?q=https://us02web.zoom.us/j/1", "");
    check("https://teams.microsoft.com/l/meetup-join/19", "");
}

#[test]
fn places_where_one_registers_are_public() {
    for href in [
        "https://us02web.zoom.us/webinar/register/WN_abc",
        "https://zoom.us/meeting/register/tJ0",
        "https://events.teams.microsoft.com/event/1",
        "https://attendee.gotowebinar.com/register/123",
        "https://zoom.us/",
    ] {
        check(href, href);
    }
}

#[test]
fn links_that_count_clicks_are_asked_and_never_published() {
    let asked = [
        "https://museums.us5.list-manage.com/track/click?u=0a1b2c3d4e5f6a7b8c9d0e1f2&id=0a1b2c3d4e&e=1a2b3c4d5e",
        "https://u123.ct.sendgrid.net/ls/click?upn=u001.AbCdEf123456789012345678",
        "https://url4321.c.example/ls/click?upn=u001.AbCdEf123456789012345678",
        "https://museums.cmail19.com/t/d-l-abcdef-ghijkl-r/",
        "https://museums.createsend1.com/t/y-l-abcdef-ghijkl-y/",
        "https://r20.rs6.net/tn.jsp?f=001AbCdEf123456789012345678&c=1",
        "https://xyz.mjt.lu/lnk/AbCd/1/2/3",
        "https://c.acemlnb.com/lt.php?x=3DZy~GE5",
        "https://track.c.example/click/AbCdEfGh1234567890IjKlMn",
        "https://protect-eu.mimecast.com/s/AbCd1",
        "https://d1.hubspotlinks.com/Ctc/AbC",
    ];
    for href in asked {
        check(href, "");
        assert!(tracked(href).is_some(), "{href}");
    }
    assert!(tracked("https://bit.ly/abc").is_some());
    check("https://bit.ly/abc", "https://bit.ly/abc");
    let left_alone = [
        "https://museums.us5.list-manage.com/track/click?u=1&id=2&e=3&then=unsubscribe",
        "https://museums.list-manage.com/unsubscribe?u=1&id=2&e=3",
        "https://b.example/events/click-and-connect-for-museums",
        "https://track.b.example/running/how-to-coach",
        "https://b.example/e/introduction-to-spectrum-50-tickets-32842710431",
        "mailto:x@b.example",
    ];
    for href in left_alone {
        assert!(tracked(href).is_none(), "{href}");
    }
    check(left_alone[2], left_alone[2]);
    check(left_alone[4], left_alone[4]);
}

#[track_caller]
fn clean(text: &str, expected: &str) {
    assert_eq!(without_secrets(text), expected);
}

#[test]
fn words_lose_what_links_lose() {
    clean("Join us: https://us02web.zoom.us/j/123?pwd=abc.", "Join us: Zoom.");
    clean("Join (zoom.us/j/98765) or meet.google.com/abc-defg-hij", "Join (Zoom) or Google Meet");
    clean("Book: https://b.example/x?utm_source=n&id=3, or call", "Book: https://b.example/x?id=3, or call");
    clean("Book: https://b.example/x_(y)", "Book: https://b.example/x_(y)");
    clean("See https://c.list-manage.com/track/click?u=1&id=2&e=3 now", "See  now");
    clean("https://zoom.us/j/1 Meeting ID: 812 3456 7890 Passcode: Ab1 2pm", "Zoom   2pm");
    clean("The password: is never asked", "The password: is never asked");
    clean("Dial +442034815237,,81234567890#,,,,*123# at 10am", "Dial  at 10am");
    clean("Ask This email address is being protected from spambots. You need JavaScript enabled to view it. today", "Ask  today");
    clean("Ask [email protected]", "Ask ");
    clean("Nothing to lose", "Nothing to lose");
}

#[test]
fn every_field_is_cleaned() {
    let mut raw = RawEvent::new(crate::domain::Method::Email, "Talk https://zoom.us/j/1");
    raw.text = "4 May, zoom.us/j/1".into();
    raw.place.words = Some("https://teams.microsoft.com/l/meetup-join/1".into());
    let raw = cleaned(raw);
    assert_eq!((raw.title.as_str(), raw.text.as_str(), raw.place.words.as_deref()), ("Talk Zoom", "4 May, Zoom", Some("Microsoft Teams")));
}

proptest::proptest! {
    #[test]
    fn any_words_can_be_read(text in "\\PC{0,200}") {
        let _ = without_secrets(&text);
        let _ = canonical(&text, None);
    }

    #[test]
    fn what_is_published_is_its_own_public_form(path in "[a-zA-Z0-9/?=&%._~-]{0,60}") {
        if let Some(url) = canonical(&format!("https://b.example/{path}"), None) {
            proptest::prop_assert_eq!(canonical(url.as_str(), None).map(String::from), Some(url.to_string()));
        }
    }
}
