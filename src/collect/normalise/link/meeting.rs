//! Links that let their holder into an online meeting: secrets of those who booked. Registration pages are public.

use url::Url;

use super::is_below;

/// Hosts of a service, how its paths into a room begin, and what it is called. An empty list: every path but the root.
type Service = (&'static [&'static str], &'static [&'static str], &'static str);

#[rustfmt::skip]
const SERVICES: &[Service] = &[
    (&["zoom.us", "zoom.com", "zoomgov.com", "zoom.com.cn"], &["/j/", "/w/", "/my/", "/s/", "/wc/", "/join", "/ejl/", "/u/", "/launch/", "/meeting/join"], "Zoom"),
    (&["teams.microsoft.com", "teams.live.com", "teams.cloud.microsoft"],
     &["/l/meetup-join", "/l/meeting", "/meet/", "/v2/", "/dl/launcher", "/_#/l/meetup", "/meetingoptions"], "Microsoft Teams"),
    (&["meet.google.com", "tel.meet", "hangouts.google.com", "g.co/meet"], &[], "Google Meet"),
    (&["webex.com"], &["/meet/", "/join/", "/wbxmjs/joinservice", "/m/", "/webappng/sites/"], "Webex"),
    (&["gotomeet.me", "meet.goto.com", "global.gotomeeting.com", "app.gotomeeting.com", "app.goto.com"], &[], "GoTo Meeting"),
    (&["global.gotowebinar.com", "gotowebinar.com"], &["/join/"], "GoTo Webinar"),
    (&["whereby.com", "appear.in", "meet.jit.si", "8x8.vc", "join.me", "bluejeans.com", "chime.aws", "join.skype.com", "meet.lync.com", "facetime.apple.com"],
     &[], "online meeting"),
    (&["bbcollab.com", "collaborate.blackboard.com"], &["/guest/", "/collab/", "/launch/"], "online meeting"),
    (&["meeting.zoho.com", "meeting.zoho.eu", "meet.zoho.com", "meet.zoho.eu"], &["/join", "/meeting/"], "online meeting"),
];
/// Parts of a path on which places are given out, not taken.
const PUBLIC: &[&str] = &["register", "registration", "signup", "sign-up"];

/// Whether a link lets its holder into a meeting.
#[must_use]
pub fn is_meeting_link(url: &Url) -> bool {
    service(url).is_some()
}

/// What the service is called whose meeting a link lets one into.
pub fn service(url: &Url) -> Option<&'static str> {
    let host = url.host_str()?.to_ascii_lowercase();
    let path = url.path().to_ascii_lowercase();
    let (_, paths, name) = SERVICES.iter().find(|(hosts, ..)| hosts.iter().any(|h| is_below(&host, h)))?;
    if path.split('/').any(|part| PUBLIC.contains(&part)) {
        return None;
    }
    let into_room = if paths.is_empty() { path.len() > 1 } else { paths.iter().any(|p| path.starts_with(p)) || path.contains("/j.php") };
    into_room.then_some(name)
}
