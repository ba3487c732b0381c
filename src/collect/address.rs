//! A source's address in the one form in which it is stored and compared.

use url::Url;

use super::mailbox::{self, ImapAddress};

#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    #[error("there is no mailbox at {path} ({cause}); if it is a web address, begin it with https://")]
    NoMailbox { path: String, cause: std::io::Error },
    #[error("that is no address of a mailbox: {0}")]
    Imap(#[from] mailbox::BadImapAddress),
    #[error("`{0}` is not an address; expected http, https, webcal or imaps, or the path of a mailbox")]
    NotOne(String),
}

/// `webcal:` becomes https, a path becomes absolute; anything but http, https, mailboxes over IMAP and paths is refused.
pub fn parse(text: &str) -> Result<String, BadAddress> {
    if let Some(mailbox) = ImapAddress::parse(text) {
        return Ok(mailbox?.to_string());
    }
    if let Some(path) = mailbox::local_path(text) {
        let full = std::fs::canonicalize(&path)
            .map_err(|cause| BadAddress::NoMailbox { path: crate::domain::text::single_line(&path.display().to_string(), 200), cause })?;
        return Ok(full.to_string_lossy().into_owned());
    }
    let https = text.strip_prefix("webcal://").or_else(|| text.strip_prefix("webcals://")).map(|rest| format!("https://{rest}"));
    let refused = || BadAddress::NotOne(crate::domain::text::single_line(text, 200));
    let url = Url::parse(https.as_deref().unwrap_or(text)).map_err(|_| refused())?;
    if matches!(url.scheme(), "http" | "https") { Ok(url.into()) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_one_form() {
        assert_eq!(parse("webcal://a.example/x.ics").unwrap(), "https://a.example/x.ics");
        assert_eq!(parse("HTTP://A.example").unwrap(), "http://a.example/");
        assert_eq!(parse("imaps://news@mail.example").unwrap(), "imaps://news@mail.example/INBOX");
        for bad in ["imaps://news:secret@mail.example/", "ftp://a.example/", "javascript:alert(1)", "no such folder/here"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("museums.example/training").unwrap_err().to_string().contains("begin it with https://"));
    }
}
