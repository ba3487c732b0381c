//! Wires everything: the only place (with `cli`) that reads the configuration, opens the database, reads the clock and spawns tasks.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};

use crate::{
    bulletin::templates::Templates,
    cli::Globals,
    collect::{
        fetch::{FetchSettings, Fetcher},
        run::Collector,
    },
    config::Config,
    feedback::Secret,
    store::Store,
    tag::{Tagger, Taxonomy},
    telemetry::Telemetry,
    web::reader::pages::Pages,
};

pub mod alarms;
mod alerting;
pub mod daemon;
pub mod deliverability;
mod post;
mod publishing;
mod returned;
mod sign_ups;

pub use post::Sample;
pub mod sync;

/// The only clock. `--as-of` stops it.
#[derive(Debug, Clone, Copy)]
pub enum Clock {
    System,
    Stopped(DateTime<Utc>),
}

impl Clock {
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
    pub fn now(self) -> DateTime<Utc> {
        match self {
            Self::System => Utc::now(),
            Self::Stopped(at) => at,
        }
    }
}

impl From<Option<DateTime<Utc>>> for Clock {
    fn from(as_of: Option<DateTime<Utc>>) -> Self {
        as_of.map_or(Self::System, Self::Stopped)
    }
}

/// The running program, as commands use it.
pub struct App {
    pub config: Config,
    pub data: PathBuf,
    pub clock: Clock,
    pub store: Store,
    pub tagger: Arc<Tagger>,
    pub templates: Arc<Templates>,
    pub pages: Arc<Pages>,
    pub secret: Arc<Secret>,
    pub telemetry: Telemetry,
    /// Held shared by every process that has the database open, so that a restore knows.
    _in_use: File,
}

impl App {
    /// Reads the configuration, makes the data directory, opens the database and brings it up to date with the configured bulletins and sources.
    pub async fn open(globals: &Globals) -> anyhow::Result<Self> {
        let config = configuration(globals)?;
        Self::with(config, globals).await
    }

    /// As [`App::open`], with a configuration that is already there.
    pub async fn with(config: Config, globals: &Globals) -> anyhow::Result<Self> {
        let telemetry = telemetry(&config)?;
        let data = globals.data.clone();
        make_private_directory(&data)?;
        let in_use = in_use(&data)?;
        let file = database(&data);
        let store = Store::open(&file).await.with_context(|| format!("cannot open the database {}", file.display()))?;
        let app = Self {
            tagger: Arc::new(tagger(&config)?),
            templates: Arc::new(templates(&config)?),
            pages: Arc::new(page_templates(&config)?),
            secret: Arc::new(secret(&data)?),
            _in_use: in_use,
            clock: Clock::from(globals.as_of),
            config,
            data,
            store,
            telemetry,
        };
        sync::bulletins_and_sources(&app).await?;
        Ok(app)
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub fn fetcher(&self) -> anyhow::Result<Fetcher> {
        fetcher(&self.config)
    }

    /// What a pass over sources works with.
    pub fn collector<'a>(&'a self, fetcher: &'a Fetcher) -> Collector<'a> {
        let clock = self.clock;
        Collector {
            store: &self.store,
            fetcher,
            tagger: &self.tagger,
            accounts: &self.config.mailboxes,
            concurrency: self.config.concurrency,
            horizon_days: self.config.collect.horizon_days,
            min_confidence: self.config.collect.min_confidence,
            adapts: self.config.adapts,
            clock: Arc::new(move || clock.now()),
        }
    }
}

/// Where the database lies in a data directory.
#[must_use]
pub fn database(data: &Path) -> PathBuf {
    data.join("gleaner.db")
}

/// Reads and checks the configuration.
pub fn configuration(globals: &Globals) -> anyhow::Result<Config> {
    Ok(Config::load(globals.config.as_deref())?)
}

pub fn fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    Ok(Fetcher::new(config.fetch.clone())?)
}

/// A fetcher that tries nothing twice: for looking round an unknown site while a person waits.
pub fn impatient_fetcher(config: &Config) -> anyhow::Result<Fetcher> {
    Ok(Fetcher::new(FetchSettings { retries: 0, ..config.fetch.clone() })?)
}

/// The tagger with the built-in vocabulary or the configured one.
pub fn tagger(config: &Config) -> anyhow::Result<Tagger> {
    let taxonomy = match &config.taxonomy {
        Some(file) => {
            let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
            Taxonomy::parse(&text).with_context(|| format!("{} is not a taxonomy", file.display()))?
        }
        None => Taxonomy::built_in(),
    };
    Ok(Tagger::new(taxonomy))
}

/// The configured directory's files whose names end so. Other files are nobody's business.
fn template_files(config: &Config, endings: &[&str]) -> anyhow::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    let Some(directory) = &config.templates else { return Ok(files) };
    for entry in fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_file() && endings.iter().any(|e| name.ends_with(e)) {
            files.insert(name, fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?);
        }
    }
    Ok(files)
}

/// The embedded templates of mails, with single files replaced by those in the configured directory.
fn templates(config: &Config) -> anyhow::Result<Templates> {
    Ok(Templates::with_directory(&template_files(config, &[".mjml", ".txt"])?)?)
}

/// The same for the pages.
fn page_templates(config: &Config) -> anyhow::Result<Pages> {
    Ok(Pages::with_directory(&template_files(config, &[".html"])?)?)
}

fn telemetry(config: &Config) -> anyhow::Result<Telemetry> {
    Ok(Telemetry::install(&config.log_level, config.log_format)?)
}

fn make_private_directory(path: &Path) -> anyhow::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).with_context(|| format!("cannot make the data directory {}", path.display()))
}

/// The installation's secret: signs links, keys hashes, derives Message-IDs. Made on first use.
fn secret(data: &Path) -> anyhow::Result<Secret> {
    let file = data.join("secret.key");
    Secret::load_or_create(&file).with_context(|| format!("cannot use {}", file.display()))
}

fn lock_file(data: &Path) -> anyhow::Result<File> {
    let path = data.join("gleaner.lock");
    File::options().create(true).truncate(false).write(true).open(&path).with_context(|| format!("cannot write {}", path.display()))
}

fn in_use(data: &Path) -> anyhow::Result<File> {
    let file = lock_file(data)?;
    file.lock_shared().with_context(|| format!("cannot lock {}", data.display()))?;
    Ok(file)
}

/// The exclusive use of a data directory, for replacing its database; an error that says so when somebody has it open.
pub fn exclusive(data: &Path) -> anyhow::Result<File> {
    make_private_directory(data)?;
    let file = lock_file(data)?;
    if file.try_lock().is_err() {
        bail!("Gleaner is running on {}; stop it, then try again", data.display());
    }
    Ok(file)
}
