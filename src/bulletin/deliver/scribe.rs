//! The scribe writes one reader's mail: letterhead of the bulletin, frozen content, the reader's name, reason and signed links, and the signature.
//!
//! Used for editions, tests and previews alike, so that what an editor is shown is what readers get. Sends nothing.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use url::Url;

use super::{Settings, Wording};
use crate::{
    domain::{Basis, BulletinId, DeliveryId, EmailAddress, SubscriberId},
    feedback::{Secret, links},
    mail::{
        Addressee, Content, Dkim, Letterhead, Message, Verp, assemble,
        body::{Body, Personal},
        header::{BadWireAddress, HeaderText, Mailbox},
    },
    store::{Result, Store, StoreError},
};

/// Everything about an edition's mails that is not one reader's.
#[derive(Debug)]
pub struct Scribe {
    head: Letterhead,
    bulletin: BulletinId,
    organisation_name: String,
    secret: Arc<Secret>,
    public_url: Url,
    dkim: Option<Dkim>,
    return_path: Option<Verp>,
    wording: Wording,
}

/// Who a mail is for.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    pub subscriber: SubscriberId,
    pub email: &'a EmailAddress,
    pub name: &'a str,
    pub basis: Basis,
    pub message_id: &'a str,
    /// Named in the return path; none for a mail that is no delivery.
    pub delivery: Option<DeliveryId>,
}

/// Encodes what all readers of a content share.
#[must_use]
pub fn content(subject: &str, html: &str, text: &str) -> Content {
    Content { subject: HeaderText::new(subject), text: Body::text(text), html: Body::html(html) }
}

impl Scribe {
    /// `campaign` names the edition in Feedback-ID: its number, or a word for a test.
    pub async fn new(store: &Store, settings: &Settings, bulletin: BulletinId, campaign: String) -> Result<Self> {
        let bulletin = store.bulletin(bulletin).await?;
        let organisation = store.organisation(bulletin.organisation_id).await?;
        let unusable = |e: BadWireAddress| StoreError::Refused(format!("the bulletin's sender cannot be used: {e}"));
        let head = Letterhead {
            from: Mailbox::new(&bulletin.from_name, &bulletin.from_address).map_err(unusable)?,
            reply_to: bulletin.reply_to.as_ref().map(|a| Mailbox::new("", a)).transpose().map_err(unusable)?,
            list_name: HeaderText::new(&bulletin.name),
            list_slug: bulletin.slug.to_string(),
            campaign,
        };
        Ok(Self {
            head,
            bulletin: bulletin.id,
            organisation_name: organisation.name,
            secret: Arc::clone(&settings.secret),
            public_url: settings.public_url.clone(),
            dkim: settings.dkim.clone(),
            return_path: settings.return_path.clone(),
            wording: settings.wording,
        })
    }

    /// The domain that Message-IDs are made at.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.head.from.address.domain()
    }

    /// One reader's mail, dated and signed at `now`. The error says why this one cannot be made.
    pub fn write(&self, reader: &Reader<'_>, content: &Content, now: DateTime<Utc>) -> Result<Message, String> {
        let to = Mailbox::new(reader.name, reader.email).map_err(|e| e.to_string())?;
        let personal = Personal {
            greeting: &(self.wording.greeting)(reader.name),
            email: reader.email.as_str(),
            why: &(self.wording.why)(reader.basis, self.head.list_name.as_str(), &self.organisation_name),
            unsubscribe_url: &links::unsubscribe_url(&self.secret, &self.public_url, reader.subscriber, self.bulletin),
            preferences_url: &links::preferences_url(&self.secret, &self.public_url, reader.subscriber, self.bulletin),
        };
        let addressee = Addressee { to: &to, message_id: reader.message_id, personal };
        let mut message = assemble(&self.head, content, &addressee, now).map_err(|e| e.to_string())?;
        if let (Some(verp), Some(delivery)) = (&self.return_path, reader.delivery) {
            message.envelope.from = verp.wire_address(delivery);
        }
        if let Some(dkim) = &self.dkim {
            message.bytes = dkim.sign(&message.bytes, now).map_err(|e| e.to_string())?;
        }
        Ok(message)
    }
}
