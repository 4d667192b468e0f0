//! Uploads by form (`multipart/form-data`, RFC 7578): one part `file`, an optional text part `name` before or after it, and before it text
//! parts that say where the file goes. Nothing is kept in a temporary file or whole in memory.

use actix_web::HttpRequest;
use fm_application::files::UploadBody;
use fm_domain::body::BodyError;
use fm_domain::files::{FileName, InvalidFileName, Sha256};
use fm_domain::tree::MAX_PATH_BYTES;
use futures_util::FutureExt as _;
use tokio::sync::oneshot;

use super::channel::{Frames, channel};
use super::digest;
use super::envelope::{Envelope, Incoming, Naming};
use super::form_head::{GivenName, PartHead, boundary};
use super::multipart::Multipart;
use super::source::{Bounds, Source};
use crate::input::{PlacingFields, Query};
use crate::problem::Problem;
use crate::settings::FORM_OVERHEAD;
use crate::state::AppState;

/// The longest name, and the longest text but for paths. A name of 255 characters has at most 1020 bytes.
const NAME_BYTES: usize = 1024;

/// A form that is being read.
struct Form {
    parts: Multipart,
    /// Whether there was a part `name`.
    has_name: bool,
    /// Its text, where the request names the file.
    name: Option<FileName>,
    /// Where the file goes: what the query says counts where the form does not say it.
    fields: PlacingFields,
    /// The fields of that which the form has given.
    given: Vec<&'static str>,
    /// The hash that the whole form must have.
    sha256: Option<Sha256>,
    /// Where the name of the file comes from.
    naming: Naming,
}

/// Reads up to the beginning of the file.
pub(super) async fn open(
    request: &HttpRequest,
    envelope: Envelope,
    naming: Naming,
    state: &AppState,
) -> Result<Incoming, Problem> {
    let sha256 = digest::demanded(request.headers())?;
    let bounds = Bounds {
        limit: envelope.max_upload.bytes().saturating_add(FORM_OVERHEAD),
        told_limit: envelope.max_upload,
        stall: state.settings.stall_timeout,
        hashed: sha256.is_some(),
    };
    let source = Source::new(envelope.payload, bounds);
    let parts = Multipart::new(&boundary(request.headers()).unwrap_or_default(), source)?;
    let fields = match naming {
        Naming::ByRequest => PlacingFields::of_query(&Query::new(request.query_string()))?,
        Naming::Kept => PlacingFields::default(),
    };
    let mut form = Form { parts, has_name: false, name: None, fields, given: Vec::new(), sha256, naming };
    let file = form.find_file().await?;
    let fields = std::mem::take(&mut form.fields);
    // A part `name` that follows the file would win over its file name.
    let name = form.name.clone();

    let (frames, stream) = channel();
    let (told, end) = oneshot::channel();
    let body = UploadBody {
        stream,
        length: None,
        claimed_type: file.claimed_type(),
        sha256: digest::demanded(&file.headers)?,
        end: end.map(|outcome| outcome.unwrap_or(Err(BodyError::Aborted))).boxed(),
    };
    Ok(Incoming { body, pump: form.pump(file.filename, frames, told).boxed_local(), name, fields })
}

impl Form {
    /// Reads the parts before the file.
    async fn find_file(&mut self) -> Result<PartHead, BodyError> {
        while let Some(part) = self.parts.part().await? {
            match part.field.as_str() {
                "file" => return Ok(part),
                "name" => self.take_name().await?,
                field => self.take_field(self.known(field)?).await?,
            }
        }
        Err(BodyError::Invalid { field: Some("file"), detail: "is required".to_owned() })
    }

    /// Sends the file on, then reads the rest.
    async fn pump(
        mut self,
        given: Option<GivenName>,
        mut frames: Frames,
        told: oneshot::Sender<Result<Option<FileName>, BodyError>>,
    ) {
        match self.send(&mut frames).await {
            Some(Ok(())) => {
                frames.end().await;
                let _receiver_gone = told.send(self.rest(given).await);
            }
            Some(Err(error)) => frames.fail(error).await,
            // The use case has its answer already.
            None => {}
        }
    }

    /// Sends the bytes of the file on; `None` when their reader is gone.
    async fn send(&mut self, frames: &mut Frames) -> Option<Result<(), BodyError>> {
        loop {
            // Room first: what the sender waits for us must not count as its stall.
            frames.ready().await.ok()?;
            match self.parts.chunk().await {
                Ok(Some(bytes)) => frames.send(bytes).await.ok()?,
                Ok(None) => return Some(Ok(())),
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Reads what follows the file, to the end of the request, and gives the name of a file that the request names.
    async fn rest(mut self, given: Option<GivenName>) -> Result<Option<FileName>, BodyError> {
        while let Some(part) = self.parts.part().await? {
            match part.field.as_str() {
                "name" => self.take_name().await?,
                "file" => {
                    return Err(BodyError::Invalid {
                        field: Some("file"),
                        detail: "must be given once".to_owned(),
                    });
                }
                field => {
                    let detail = "must come before the part `file`".to_owned();
                    return Err(BodyError::Invalid { field: Some(self.known(field)?), detail });
                }
            }
        }
        self.parts.finish().await?;
        if self.sha256.is_some() && self.sha256 != self.parts.hash() {
            return Err(BodyError::DigestMismatch);
        }
        match (self.name, given) {
            (Some(name), _) => Ok(Some(name)),
            (None, _) if self.naming == Naming::Kept => Ok(None),
            (None, Some(GivenName::Text(path))) => FileName::from_path(&path).map(Some).map_err(bad_name),
            (None, Some(GivenName::NotUtf8)) => Err(not_utf8("name")),
            (None, None) => Ok(None),
        }
    }

    async fn take_name(&mut self) -> Result<(), BodyError> {
        if std::mem::replace(&mut self.has_name, true) {
            return Err(BodyError::Invalid { field: Some("name"), detail: "must be given once".to_owned() });
        }
        if self.naming == Naming::Kept {
            return Ok(());
        }
        let text = self.text(NAME_BYTES).await?.ok_or_else(|| bad_name(InvalidFileName::TooLong))?;
        let text = String::from_utf8(text).map_err(|_bytes| not_utf8("name"))?;
        self.name = Some(text.parse().map_err(bad_name)?);
        Ok(())
    }

    /// Takes a field that says where the file goes. An empty one is like an absent one.
    async fn take_field(&mut self, field: &'static str) -> Result<(), BodyError> {
        let refused = |detail: String| BodyError::Invalid { field: Some(field), detail };
        if self.given.contains(&field) {
            return Err(refused("must be given once".to_owned()));
        }
        self.given.push(field);
        let longest = if field == "path" { MAX_PATH_BYTES } else { NAME_BYTES };
        let text = self.text(longest).await?;
        let text = text.ok_or_else(|| refused(format!("must be at most {longest} bytes")))?;
        let text = String::from_utf8(text).map_err(|_bytes| not_utf8(field))?;
        if text.is_empty() { Ok(()) } else { self.fields.set(field, &text).map_err(refused) }
    }

    /// The field that says where the file goes, if it is one: another part is refused, and so are all where the file stays where it is.
    fn known(&self, field: &str) -> Result<&'static str, BodyError> {
        let takes_place = self.naming == Naming::ByRequest;
        let known = PlacingFields::NAMES.into_iter().find(|known| takes_place && *known == field);
        known.ok_or_else(|| {
            let others: &[&str] = if takes_place { &PlacingFields::NAMES } else { &[] };
            let others: String = others.iter().map(|name| [", `", *name, "`"].concat()).collect();
            let detail = format!("only the parts `file`, `name`{others} are accepted");
            BodyError::Invalid { field: None, detail }
        })
    }

    /// The bytes of this part; `None` where they are more than so many.
    async fn text(&mut self, longest: usize) -> Result<Option<Vec<u8>>, BodyError> {
        let mut text = Vec::new();
        while let Some(bytes) = self.parts.chunk().await? {
            text.extend_from_slice(&bytes);
            if text.len() > longest {
                return Ok(None);
            }
        }
        Ok(Some(text))
    }
}

fn not_utf8(field: &'static str) -> BodyError {
    BodyError::Invalid { field: Some(field), detail: "must be UTF-8".to_owned() }
}

fn bad_name(invalid: InvalidFileName) -> BodyError {
    BodyError::Invalid { field: Some("name"), detail: invalid.to_string() }
}
