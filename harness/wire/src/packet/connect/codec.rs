//! CONNECT to bytes and back. Knows the layouts; whether the server accepts it is not decided here.

use bytes::Bytes;

use crate::{
    Connect, PacketKind, Properties, Version, Will, clause,
    clause::Rule,
    findings::Findings,
    property::Home,
    reader::{Broken, Reader},
    topic,
    writer::Writer,
};

impl Connect {
    /// The version that the level in this body names, otherwise the one in force: it governs layout and clauses.
    pub(crate) fn version_of(body: &Bytes, otherwise: Version) -> Version {
        let mut reader = Reader::new(body.clone());
        let level = reader.binary().and_then(|_| reader.u8());
        level.ok().and_then(Version::from_level).unwrap_or(otherwise)
    }

    /// Reads the layout of the findings' version.
    pub(crate) fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let layout = findings.version;
        let protocol_name = reader.text(findings)?;
        let named = protocol_name.0 == layout.protocol_name().as_bytes();
        findings.note_if(!named, &clause::PROTOCOL_NAME, 2, "another Protocol Name than the level's");
        let level_at = reader.offset();
        let level = reader.u8()?;
        let known = Version::from_level(level).is_some();
        findings.note_if(!known, &clause::PROTOCOL_LEVEL, level_at, "unknown Protocol Level");
        let flags_at = reader.offset();
        let flags = reader.u8()?;
        let keep_alive_s = reader.u16()?;
        let home = Home::Packet(PacketKind::Connect);
        let properties = Properties::read_in_v5(reader, findings, home)?;
        let id_at = reader.offset();
        let client_id = reader.text(findings)?;
        let mut packet = Self {
            protocol_name,
            level,
            flags,
            keep_alive_s,
            properties,
            client_id,
            will: None,
            username: None,
            password: None,
            tail: Bytes::new(),
        };
        packet.check_flags(flags_at, findings);
        packet.check_client_id(id_at, findings);
        packet.read_payload(reader, findings)?;
        packet.tail = reader.trailing(findings);
        Ok(packet)
    }

    /// The payload behind the Client Identifier, as the flags announce it.
    fn read_payload(&mut self, reader: &mut Reader, findings: &mut Findings) -> Result<(), Broken> {
        if self.will_flag() && present(reader, findings, &clause::WILL_ABSENT, "no will fields") {
            self.will = Some(Will::read(reader, findings)?);
        }
        if self.username_flag() && present(reader, findings, &clause::USERNAME_ABSENT, "no User Name") {
            self.username = Some(reader.text(findings)?);
        }
        if self.password_flag() && present(reader, findings, &clause::PASSWORD_ABSENT, "no Password") {
            self.password = Some(reader.binary()?);
        }
        Ok(())
    }

    fn check_flags(&self, offset: usize, findings: &mut Findings) {
        let set = |findings: &mut Findings, broken: bool, rule: &Rule, what: &'static str| {
            findings.note_if(broken, rule, offset, what);
        };
        set(findings, self.reserved(), &clause::CONNECT_RESERVED, "reserved Connect Flag is set");
        if self.will_flag() {
            set(findings, self.will_qos() == 3, &clause::WILL_QOS3, "Will QoS 3");
        } else {
            set(findings, self.will_qos() != 0, &clause::WILL_QOS, "Will QoS without a will");
            set(findings, self.will_retain(), &clause::WILL_RETAIN, "Will Retain without a will");
        }
        let alone = self.password_flag() && !self.username_flag();
        set(findings, alone, &clause::PASSWORD_ALONE, "Password without a User Name");
    }

    fn check_client_id(&self, offset: usize, findings: &mut Findings) {
        let unclean = self.client_id.is_empty() && !self.clean();
        findings.note_if(
            unclean,
            &clause::EMPTY_ID_UNCLEAN,
            offset,
            "empty Client Identifier without Clean Session",
        );
        let length = self.client_id.as_str().map_or(self.client_id.0.len(), |id| id.chars().count());
        let fits = (1..=23).contains(&length);
        findings.note_if(
            !fits,
            &clause::CLIENT_ID_LENGTH,
            offset,
            "Client Identifier not of 1 to 23 characters",
        );
    }

    /// Writes every field that is present, in order, whatever the flags say: the two may disagree on purpose.
    pub(crate) fn write(&self, out: &mut Writer, otherwise: Version) {
        let layout = self.layout(otherwise);
        out.text(&self.protocol_name);
        out.u8(self.level);
        out.u8(self.flags);
        out.u16(self.keep_alive_s);
        self.properties.write_in_v5(out, layout);
        out.text(&self.client_id);
        if let Some(will) = &self.will {
            will.properties.write_in_v5(out, layout);
            out.text(&will.topic);
            out.binary(&will.payload);
        }
        if let Some(username) = &self.username {
            out.text(username);
        }
        if let Some(password) = &self.password {
            out.binary(password);
        }
        out.raw(&self.tail);
    }
}

impl Will {
    fn read(reader: &mut Reader, findings: &mut Findings) -> Result<Self, Broken> {
        let properties = Properties::read_in_v5(reader, findings, Home::Will)?;
        let offset = reader.offset() + 2;
        let topic = reader.text(findings)?;
        findings.note_if(topic.is_empty(), &clause::EMPTY_TOPIC, offset, "empty Will Topic");
        topic::check_name(findings, &topic, offset, &clause::NAME_WILDCARD, "Will Topic");
        Ok(Self { properties, topic, payload: reader.binary()? })
    }
}

/// Whether anything is left for an announced field; nothing at all is a violation, yet the packet can be taken apart.
fn present(reader: &Reader, findings: &mut Findings, rule: &Rule, what: &'static str) -> bool {
    findings.note_if(reader.is_empty(), rule, reader.offset(), what);
    !reader.is_empty()
}
