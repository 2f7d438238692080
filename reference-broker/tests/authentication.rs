//! Enhanced authentication, with the clients of the rsasl crate on the other side: two who have not read each other's code.

mod rig;

use deadzone_reference_broker::{Config, Limits, Secrets, Users};
use deadzone_wire::{Auth, Disconnect, Packet, Properties, PropertyId, PropertyValue, Version::V5};
use rig::{Rig, SECOND, binary, number, text};
use rsasl::{
    callback::{Context, Request, SessionCallback, SessionData},
    prelude::{Mechname, SASLClient, SASLConfig, Session, SessionError, State},
    property::{OAuthBearerKV, OAuthBearerToken},
};

const SCRAM: &str = "SCRAM-SHA-256";
const BEARER: &str = "OAUTHBEARER";

struct Token(&'static str);

impl SessionCallback for Token {
    fn callback(
        &self,
        _: &SessionData,
        _: &Context<'_>,
        request: &mut Request<'_>,
    ) -> Result<(), SessionError> {
        request.satisfy::<OAuthBearerKV>(&[("host", "broker"), ("port", "1883")])?;
        request.satisfy::<OAuthBearerToken>(self.0)?;
        Ok(())
    }
}

fn session(config: std::sync::Arc<SASLConfig>, method: &str) -> Session {
    let method = Mechname::parse(method.as_bytes()).expect("a name");
    SASLClient::new(config).start_suggested(&[method]).expect("a session")
}

fn by_password(user: &str, password: &str) -> Session {
    let config = SASLConfig::with_credentials(None, user.to_owned(), password.to_owned());
    session(config.expect("a configuration"), SCRAM)
}

fn by_token(token: &'static str) -> Session {
    let config = SASLConfig::builder().with_default_mechanisms().with_callback(Token(token));
    session(config.expect("a configuration"), BEARER)
}

/// The client's next message.
fn says(session: &mut Session, heard: Option<&[u8]>) -> (State, Vec<u8>) {
    let mut message = Vec::new();
    let state = session.step(heard, &mut message).expect("the server's message is right");
    (state, message)
}

fn auth(reason: u8, method: &str, data: &[u8]) -> Packet {
    let properties = Properties::new()
        .with(PropertyId::AuthenticationMethod, PropertyValue::Text(method.into()))
        .with(PropertyId::AuthenticationData, PropertyValue::Binary(data.to_vec().into()));
    Packet::Auth(Auth { reason: Some(reason), properties: Some(properties), ..Auth::default() })
}

fn connect(rig: &mut Rig, conn: u64, method: &str, data: Option<&[u8]>) {
    rig.connect_with(conn, "c", true, |c| {
        text(&mut c.properties.items, PropertyId::AuthenticationMethod, method);
        if let Some(data) = data {
            binary(&mut c.properties.items, PropertyId::AuthenticationData, data);
        }
    });
}

fn data(properties: Option<&Properties>) -> Vec<u8> {
    match properties.and_then(|p| p.get(PropertyId::AuthenticationData)) {
        Some(PropertyValue::Binary(data)) => data.to_vec(),
        _ => Vec::new(),
    }
}

fn method(properties: Option<&Properties>) -> Option<String> {
    properties?.text(PropertyId::AuthenticationMethod).map(deadzone_wire::Text::lossy)
}

/// What the broker's latest AUTH said, which has to name the method.
fn challenge(rig: &Rig, wanted: &str) -> Vec<u8> {
    let auth = rig.auths.last().expect("an AUTH");
    assert_eq!(method(auth.properties.as_ref()).as_deref(), Some(wanted));
    data(auth.properties.as_ref())
}

/// A connection that is authenticated by SCRAM; the client has checked the broker's signature.
fn scrammed(rig: &mut Rig, conn: u64, user: &str, password: &str) {
    let mut client = by_password(user, password);
    let (_, first) = says(&mut client, None);
    connect(rig, conn, SCRAM, Some(&first));
    assert_eq!(rig.log(conn), "auth 18");
    let (_, last) = says(&mut client, Some(&challenge(rig, SCRAM)));
    rig.send(conn, &auth(0x18, SCRAM, &last));
    assert_eq!(rig.log(conn), "connack 0 00");
    let told = rig.connacks.last().and_then(|c| c.properties.as_ref());
    assert_eq!(method(told).as_deref(), Some(SCRAM));
    assert!(matches!(says(&mut client, Some(&data(told))).0, State::Finished(_)));
}

#[test]
fn a_password_is_proven_by_scram() {
    let mut rig = Rig::good(V5);
    scrammed(&mut rig, 1, Secrets::USER, Secrets::PASSWORD);
    rig.ping(1);
    assert_eq!(rig.log(1), "pingresp");
    let mine = [("ann=,".into(), "pencil".into()), ("bob".into(), "".into())];
    let mut rig = Rig::new(V5, Config { users: Users::new(mine), ..Config::default() });
    scrammed(&mut rig, 1, "ann=,", "pencil");
    scrammed(&mut rig, 2, "bob", "");
}

#[test]
fn equal_seeds_give_equal_bytes_and_each_exchange_its_own_nonce() {
    let challenges = |seed: u64| {
        let mut rig = Rig::new(V5, Config { seed, ..Config::default() });
        [1, 2].map(|conn| {
            connect(&mut rig, conn, SCRAM, Some(b"n,,n=deadzone,r=mine"));
            String::from_utf8(challenge(&rig, SCRAM)).expect("text")
        })
    };
    let [first, second] = challenges(1);
    assert_ne!(first, second);
    assert_eq!(challenges(1), [first.clone(), second]);
    assert_ne!(challenges(2)[0], first);
}

#[test]
fn a_wrong_password_an_unknown_user_and_a_stranger_of_the_list_are_refused() {
    let users = || Users::new([("ann".into(), "pencil".into())]);
    for (user, password, listed) in [
        (Secrets::USER, "wrong", false),
        ("nobody", Secrets::PASSWORD, false),
        ("nobody", "", false),
        ("ann", "wrong", true),
        (Secrets::USER, Secrets::PASSWORD, true),
    ] {
        let users = if listed { users() } else { Users::default() };
        let mut rig = Rig::new(V5, Config { users, ..Config::default() });
        let mut client = by_password(user, password);
        let (_, first) = says(&mut client, None);
        connect(&mut rig, 1, SCRAM, Some(&first));
        assert_eq!(rig.log(1), "auth 18", "{user}: nothing tells who is known");
        let (_, last) = says(&mut client, Some(&challenge(&rig, SCRAM)));
        rig.send(1, &auth(0x18, SCRAM, &last));
        assert_eq!(rig.log(1), "connack 0 87 | closed", "{user}");
    }
}

#[test]
fn a_token_is_shown_in_connect_or_when_asked_for() {
    let mut rig = Rig::good(V5);
    let (_, message) = says(&mut by_token(Secrets::TOKEN), None);
    connect(&mut rig, 1, BEARER, Some(&message));
    assert_eq!(rig.log(1), "connack 0 00");
    connect(&mut rig, 2, BEARER, None);
    assert_eq!((rig.log(2).as_str(), challenge(&rig, BEARER).len()), ("auth 18", 0));
    rig.send(2, &auth(0x18, BEARER, &message));
    assert_eq!(rig.log(2), "connack 0 00");
    let (_, wrong) = says(&mut by_token("another"), None);
    connect(&mut rig, 3, BEARER, Some(&wrong));
    assert_eq!(rig.log(3), "connack 0 87 | closed");
}

#[test]
fn the_known_token_opens_nothing_where_users_are_named() {
    let users = Users::new([("ann".into(), "pencil".into())]);
    let mut rig = Rig::new(V5, Config { users, ..Config::default() });
    let (_, message) = says(&mut by_token(Secrets::TOKEN), None);
    connect(&mut rig, 1, BEARER, Some(&message));
    assert_eq!(rig.log(1), "connack 0 8c | closed");
}

#[test]
fn who_authenticates_again_is_served_meanwhile() {
    let mut rig = Rig::good(V5);
    scrammed(&mut rig, 1, Secrets::USER, Secrets::PASSWORD);
    rig.subscribe(1, "t", 1);
    rig.skip();
    let mut client = by_password(Secrets::USER, Secrets::PASSWORD);
    let (_, first) = says(&mut client, None);
    rig.send(1, &auth(0x19, SCRAM, &first));
    assert_eq!(rig.log(1), "auth 18");
    rig.publish(1, 1, 7, "t", "m");
    assert_eq!(rig.log(1), "t=m q1 #1 | puback #7", "between two AUTHs");
    let (_, last) = says(&mut client, Some(&challenge(&rig, SCRAM)));
    rig.send(1, &auth(0x18, SCRAM, &last));
    assert_eq!(rig.log(1), "auth 00");
    assert!(matches!(says(&mut client, Some(&challenge(&rig, SCRAM))).0, State::Finished(_)));
}

#[test]
fn who_fails_to_authenticate_again_is_closed() {
    let mut rig = Rig::good(V5);
    scrammed(&mut rig, 1, Secrets::USER, Secrets::PASSWORD);
    let mut client = by_password(Secrets::USER, "wrong");
    let (_, first) = says(&mut client, None);
    rig.send(1, &auth(0x19, SCRAM, &first));
    let (_, last) = says(&mut client, Some(&challenge(&rig, SCRAM)));
    rig.skip();
    rig.send(1, &auth(0x18, SCRAM, &last));
    assert_eq!(rig.log(1), "disconnect 87 | closed");
}

#[test]
fn an_auth_out_of_place_is_a_protocol_error() {
    let mut rig = Rig::good(V5);
    for (conn, packet) in [
        (1, auth(0x18, SCRAM, b"no exchange is under way")),
        (2, auth(0x19, BEARER, b"another method")),
        (
            3,
            Packet::Auth(Auth { reason: Some(0x19), properties: Some(Properties::new()), ..Auth::default() }),
        ),
    ] {
        scrammed(&mut rig, conn, Secrets::USER, Secrets::PASSWORD);
        rig.send(conn, &packet);
        assert_eq!(rig.log(conn), "disconnect 82 | closed");
    }
    rig.connect(4, "plain", true);
    rig.skip();
    rig.send(4, &auth(0x19, SCRAM, b""));
    assert_eq!(rig.log(4), "disconnect 82 | closed", "CONNECT named no method");
    scrammed(&mut rig, 5, Secrets::USER, Secrets::PASSWORD);
    rig.send(5, &auth(0x19, SCRAM, b"n,,n=deadzone,r=mine"));
    rig.send(5, &auth(0x19, SCRAM, b"n,,n=deadzone,r=mine"));
    assert_eq!(rig.log(5), "auth 18 | disconnect 82 | closed", "one is under way");
}

#[test]
fn before_connack_a_client_may_send_auth_and_disconnect_alone() {
    let begun = |rig: &mut Rig| {
        connect(rig, 1, SCRAM, Some(b"n,,n=deadzone,r=mine"));
        assert_eq!(rig.log(1), "auth 18");
    };
    let mut rig = Rig::good(V5);
    begun(&mut rig);
    rig.publish(1, 1, 7, "t", "m");
    assert_eq!(rig.log(1), "connack 0 82 | closed");
    let mut rig = Rig::good(V5);
    begun(&mut rig);
    rig.send(1, &Packet::Disconnect(Disconnect::default()));
    assert_eq!(rig.log(1), "closed", "no DISCONNECT before CONNACK");
    let mut rig = Rig::good(V5);
    begun(&mut rig);
    rig.send(1, &auth(0x19, SCRAM, b""));
    assert_eq!(rig.log(1), "connack 0 82 | closed", "nothing was authenticated yet");
    let mut rig = Rig::good(V5);
    begun(&mut rig);
    rig.wait(60 * SECOND);
    assert_eq!(rig.log(1), "closed", "who never answers");
}

/// A CONNECT that is not authenticated leaves the session of its identifier, and whoever has it, as they were.
#[test]
fn who_is_refused_takes_nothing_over() {
    let mut rig = Rig::good(V5);
    rig.connect(1, "c", true);
    rig.skip();
    let (_, wrong) = says(&mut by_token("another"), None);
    connect(&mut rig, 2, BEARER, Some(&wrong));
    connect(&mut rig, 3, SCRAM, Some(b"n,,n=deadzone,r=mine"));
    assert_eq!(rig.log(1), "");
    rig.ping(1);
    assert_eq!(rig.log(1), "pingresp");
    scrammed(&mut rig, 4, Secrets::USER, Secrets::PASSWORD);
    assert_eq!(rig.log(1), "disconnect 8e | closed");
}

#[test]
fn a_client_that_an_auth_does_not_fit_is_closed() {
    let mut rig = Rig::good(V5);
    rig.connect_with(1, "c", true, |c| {
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, 60);
        text(&mut c.properties.items, PropertyId::AuthenticationMethod, SCRAM);
        binary(&mut c.properties.items, PropertyId::AuthenticationData, b"n,,n=deadzone,r=mine");
    });
    assert_eq!(rig.log(1), "closed");
}

#[test]
fn clients_that_have_not_proven_themselves_make_room() {
    let limits = Limits { connections: 2, ..Limits::default() };
    let mut rig = Rig::new(V5, Config { limits, ..Config::default() });
    rig.connect(1, "served", true);
    connect(&mut rig, 2, SCRAM, Some(b"n,,n=deadzone,r=mine"));
    rig.skip();
    rig.connect(3, "new", true);
    assert_eq!((rig.log(2).as_str(), rig.log(3).as_str()), ("closed", "connack 0 00"));
}

#[test]
fn no_secret_is_shown() {
    let users = Users::new([("ann".into(), "pencil".into())]);
    let shown = format!("{:?}", Config { users, ..Config::default() });
    for secret in ["pencil", "ann", Secrets::PASSWORD, Secrets::TOKEN, Secrets::USER] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
