//! Where secrets lie in a CONNECT, though it may be torn off, or be none that can be taken apart.

use std::ops::Range;

use deadzone_wire::Version;

use super::{
    cursor::{Cursor, Stop},
    packet::Hidden,
    properties,
    token::is_token,
};

/// CONNECT's flags.
const WILL: u8 = 0x04;
const PASSWORD: u8 = 0x40;
const USERNAME: u8 = 0x80;

/// Walks over the fields of a CONNECT.
pub(super) struct Walk<'a> {
    cursor: Cursor<'a>,
    /// Of a level that is none of ours.
    version: Version,
    secrets: Vec<Range<usize>>,
    name: Option<Range<usize>>,
    client_id: Option<Range<usize>>,
    /// Where bytes begin that should be properties and are none. Where not all fits, nothing behind them stands where it should,
    /// as nothing does behind a Protocol Name that took in what follows.
    formless: Option<usize>,
    /// Will Topic, and a User Name that is no secret.
    texts: Vec<Range<usize>>,
    /// Will Payload.
    message: Option<Range<usize>>,
}

impl<'a> Walk<'a> {
    /// Over what is there of a body that is said to be so long.
    pub(super) fn new(body: &'a [u8], declared: usize, version: Version) -> Self {
        Self {
            cursor: Cursor { bytes: body, at: 0, end: declared },
            version,
            secrets: Vec::new(),
            name: None,
            client_id: None,
            formless: None,
            texts: Vec::new(),
            message: None,
        }
    }

    pub(super) fn connect(mut self) -> Hidden {
        let ended = self.fields();
        let cursor = &self.cursor;
        let texts = || self.client_id.iter().chain(&self.texts);
        let mut secrets = std::mem::take(&mut self.secrets);
        let Err(stop) = ended else {
            secrets.extend(texts().filter_map(|text| cursor.behind_nul(text)));
            return Hidden::of(secrets);
        };
        secrets.extend(texts().chain(&self.message).filter_map(|field| cursor.behind_control(field)));
        let name = self.name.iter().find_map(|text| cursor.behind_control(text)).map(|rest| rest.start);
        secrets.extend(name.or(self.formless).map(|from| from..cursor.end));
        let Stop::Misfit(from) = stop else { return Hidden::of(secrets) };
        // Where the flags lie, the password may be read as any of these.
        secrets.extend(self.texts.into_iter().chain(self.message));
        secrets.push(from..cursor.end);
        Hidden { secrets, fits: false }
    }

    fn fields(&mut self) -> Result<(), Stop> {
        self.name = Some(self.cursor.field()?);
        let (level, flags) = (self.cursor.byte()?, self.cursor.byte()?);
        self.cursor.skip(2)?;
        let has = |flag: u8| flags & flag != 0;
        let known = Version::from_level(level);
        let has_properties = known.unwrap_or(self.version) == Version::V5;
        if has_properties {
            self.properties(known)?;
        }
        self.client_id = Some(self.cursor.field()?);
        if has(WILL) {
            if has_properties {
                self.properties(known)?;
            }
            let topic = self.cursor.field()?;
            self.texts.push(topic);
            self.message = Some(self.cursor.field()?);
        }
        if has(USERNAME) {
            let name = self.cursor.field()?;
            let list = if is_token(self.cursor.visible(&name)) { &mut self.secrets } else { &mut self.texts };
            list.push(name);
        }
        if has(PASSWORD) {
            let password = self.cursor.field()?;
            self.secrets.push(password);
        }
        if self.cursor.at == self.cursor.end {
            // What is missing of the last field is no matter of layout, but the texts before it may have taken in others.
            return if self.cursor.end > self.cursor.bytes.len() { Err(Stop::Missing) } else { Ok(()) };
        }
        Err(Stop::Misfit(self.cursor.at))
    }

    fn properties(&mut self, known: Option<Version>) -> Result<(), Stop> {
        let block = self.cursor.block()?;
        let walked = properties::inside(self.cursor.bytes, block);
        // Of an unknown level they may be anything else.
        if let (None, Some(formless)) = (known, &walked.formless) {
            return Err(Stop::Misfit(formless.start));
        }
        let formless = walked.formless.as_ref().map(|part| part.start);
        self.formless = self.formless.or(formless);
        self.secrets.extend(walked.hidden());
        Ok(())
    }
}
