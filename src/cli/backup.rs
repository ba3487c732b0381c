//! `gleaner backup` and `gleaner restore`: a consistent copy while others work, and the way back.

use std::path::Path;

use serde_json::json;

use super::{Globals, output};
use crate::{app, store};

pub async fn backup(globals: &Globals, file: &Path) -> anyhow::Result<()> {
    let app = app::App::open(globals).await?;
    app.store.backup(file).await?;
    let key = app.data.join("secret.key");
    if globals.json {
        return output::json(&json!({"backup": file, "bytes": std::fs::metadata(file)?.len()}));
    }
    output::line(&format!("wrote {}", file.display()))?;
    output::line(&format!("keep {} with it: links in mails already sent are signed with it", key.display()))
}

pub async fn restore(globals: &Globals, file: &Path) -> anyhow::Result<()> {
    let database = app::database(&globals.data);
    let _alone = app::exclusive(&globals.data)?;
    store::sqlite::restore(file, &database).await?;
    if globals.json {
        return output::json(&json!({"restored": file}));
    }
    output::line(&format!("restored {}; what was there before is {}", file.display(), database.with_extension("db.before-restore").display()))
}
