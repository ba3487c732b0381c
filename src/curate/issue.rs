//! The plan of an edition: who gets which items, and one rendering per distinct selection.
//!
//! Computes; freezing the plan as rows is `bulletin::publish`.

use std::collections::{HashMap, hash_map::Entry};

use url::Url;

use super::views;
use crate::{
    bulletin::{
        compose,
        content::{BulletinView, ContentView},
        publish::{Plan, RenderedContent},
        render::{self, Rendered},
        select::{Selector, content_key, select},
        templates::{TemplateError, Templates},
        view::{EditionView, EventView, ItemRef, ItemView, Place, SectionView, Told},
    },
    domain::{EventId, ItemReason, Preferences, SubscriberState},
    store::{Store, StoreError, bulletin::Bulletin, edition::Edition, organisation::Organisation},
};

/// Subscribers read at a time.
const PAGE: u32 = 2_000;

#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Template(#[from] TemplateError),
}

/// An edition with all that rendering it needs.
pub struct Issue<'a> {
    pub bulletin: &'a Bulletin,
    pub organisation: &'a Organisation,
    pub edition: &'a Edition,
    pub templates: &'a Templates,
    /// Where readers reach the pages.
    pub public_url: &'a Url,
    sections: Vec<SectionView>,
    items: EditionView,
    /// The subject and the introduction are as they were drafted: no editor changed them.
    as_drafted: (bool, bool),
}

impl<'a> Issue<'a> {
    pub async fn load(
        store: &Store,
        bulletin: &'a Bulletin,
        organisation: &'a Organisation,
        edition: &'a Edition,
        templates: &'a Templates,
        public_url: &'a Url,
    ) -> Result<Self, StoreError> {
        let items = views::edition(store, bulletin, edition).await?;
        let all: Vec<&ItemView> = items.items.iter().collect();
        let (subject, intro) = drafted_words(&all, bulletin, edition);
        let as_drafted = (subject == edition.subject, intro == edition.intro);
        Ok(Self { bulletin, organisation, edition, templates, public_url, sections: views::sections(bulletin), items, as_drafted })
    }

    /// Everything in the edition, as the page for everyone shows it.
    pub fn whole(&self) -> Result<Rendered, TemplateError> {
        self.render(&self.items.items.iter().collect::<Vec<_>>())
    }

    /// What one person would get; `None` when there is nothing for them.
    pub fn for_person(&self, person: &Preferences, told: &Told) -> Result<Option<Rendered>, TemplateError> {
        let chosen = select(&self.items, &views::segments(self.bulletin), person, told);
        if chosen.is_empty() { Ok(None) } else { self.render(&self.pick(&chosen)).map(Some) }
    }

    /// Who gets what, for every active subscriber. Renders once per distinct selection.
    pub async fn plan(&self, store: &Store) -> Result<Plan, IssueError> {
        let changed: Vec<EventId> = self.items.items.iter().filter(|i| i.because == ItemReason::Changed).map(|i| i.event.id).collect();
        let told = store.readers_told(self.bulletin.id, &changed).await?;
        let (segments, nothing) = (views::segments(self.bulletin), Told::new());
        let selector = Selector::new(&self.items, &segments);
        let mut plan = Plan::default();
        let mut keys: HashMap<Vec<ItemRef>, String> = HashMap::new();
        let mut after = None;
        loop {
            let people = store.subscribers(self.bulletin.id, Some(SubscriberState::Active), after, PAGE).await?;
            let Some(last) = people.last() else { break };
            after = Some(last.subscriber.id);
            for person in people {
                let heard = told.get(&person.subscriber.id).unwrap_or(&nothing);
                let chosen = selector.select(&person.subscriber.preferences, heard);
                if chosen.is_empty() {
                    plan.readers.push((person.subscriber.id, None));
                    continue;
                }
                let key = match keys.entry(chosen) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => {
                        let content = self.content(new.key())?;
                        let key = content.key.clone();
                        plan.contents.push(content);
                        new.insert(key).clone()
                    }
                };
                plan.readers.push((person.subscriber.id, Some(key)));
            }
        }
        Ok(plan)
    }

    fn content(&self, chosen: &[ItemRef]) -> Result<RenderedContent, TemplateError> {
        let rendered = self.render(&self.pick(chosen))?;
        Ok(RenderedContent {
            key: content_key(chosen),
            subject: rendered.subject,
            html: rendered.html,
            text: rendered.text,
            events: chosen.iter().map(|i| i.event).collect(),
        })
    }

    fn pick(&self, chosen: &[ItemRef]) -> Vec<&ItemView> {
        let by_id: HashMap<_, _> = self.items.items.iter().map(|i| (i.id, i)).collect();
        chosen.iter().filter_map(|c| by_id.get(&c.item).copied()).collect()
    }

    fn render(&self, items: &[&ItemView]) -> Result<Rendered, TemplateError> {
        render::render(&self.view(items), self.templates)
    }

    /// What is said, without a reader. An editor's subject and introduction are for everyone; drafted ones speak of these items alone, because
    /// a reader who gets three events must not be promised the other twenty.
    #[must_use]
    pub fn view(&self, items: &[&ItemView]) -> ContentView {
        let head = BulletinView {
            name: self.bulletin.name.clone(),
            strapline: self.bulletin.strapline.clone(),
            colour: self.bulletin.colour.clone(),
            organisation: self.organisation.name.clone(),
            postal_address: self.organisation.postal_address.clone(),
            contact: self.organisation.contact.clone(),
        };
        let e = self.edition;
        let (drafted_subject, drafted_intro) = drafted_words(items, self.bulletin, e);
        let subject = if self.as_drafted.0 { &drafted_subject } else { &e.subject };
        let intro = if self.as_drafted.1 { &drafted_intro } else { &e.intro };
        let mut view = ContentView::new(head, subject, intro, items, &self.sections, e.as_of, self.bulletin.zone);
        view.web_url = self.public_url.join(&format!("{}/editions/{}", self.bulletin.slug, e.number)).ok().map(Into::into);
        view
    }

    /// All items, in order.
    #[must_use]
    pub fn items(&self) -> Vec<&ItemView> {
        self.items.items.iter().collect()
    }
}

/// Subject and introduction as composing drafts them for these items.
fn drafted_words(items: &[&ItemView], bulletin: &Bulletin, edition: &Edition) -> (String, String) {
    let mut ordered = items.to_vec();
    ordered.sort_by_key(|i| (i.place, i.position));
    let placed: Vec<(Place, &EventView)> = ordered.iter().map(|i| (i.place, &i.event)).collect();
    (compose::subject_of(&placed, edition.as_of, bulletin.zone), compose::intro_of(&placed, edition.as_of))
}
