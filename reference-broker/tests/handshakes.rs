//! The defects that have to do with the handshake of TLS, each on a conformant broker and on one with the defect.

use deadzone_reference_broker::{Config, Defect, Server};
use deadzone_transport::{
    Acceptor, Approach, Certificates, ClientTls, Dialer, Endpoint, Presented, Stream, Trust, is_broken_below,
    pipe,
};
use deadzone_wire::{Bare, Connect, Packet, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::Builder,
    task::{LocalSet, spawn_local},
};

/// A broker over TLS that asks for certificates, and the way to it.
struct Rig {
    server: Server,
    acceptor: Acceptor,
    dialer: Dialer,
}

impl Rig {
    fn new(defects: &[Defect]) -> Self {
        let made = Certificates::new("an authority").expect("an authority");
        let tls = ClientTls {
            trust: Trust::Authorities(made.authority_pem()),
            identity: Some(made.client("c").expect("a client")),
            expired: Some(made.expired_client("c").expect("a client")),
        };
        let server = made.server(&["localhost"]).expect("a server");
        let endpoint = Endpoint::parse("mqtts://localhost").expect("an endpoint").0;
        Self {
            server: Server::new(Config::with_defects(defects.iter().copied())),
            acceptor: Acceptor::secured(false, &server, Some(&made.authority_pem())).expect("an acceptor"),
            dialer: Dialer::new(endpoint, &tls).expect("a dialer"),
        }
    }

    async fn dial(&self, approach: &Approach) -> std::io::Result<Box<dyn Stream>> {
        let (ours, theirs) = pipe(1 << 16);
        let (server, acceptor) = (self.server.clone(), self.acceptor.clone());
        spawn_local(async move { server.admit(theirs, &acceptor).await });
        self.dialer.over(ours, approach).await
    }

    /// What a client with this certificate gets for its CONNECT.
    async fn connect(&self, certificate: Presented) -> &'static str {
        let approach = Approach { certificate, ..Approach::default() };
        let mut stream = self.dial(&approach).await.expect("a refusal is the reset of a stream");
        let connect = Packet::from(Connect::new(Version::V311, "c")).encode(Version::V311).to_bytes();
        // Where it is refused already nothing can be written.
        let _ = stream.write_all(&connect).await;
        match stream.read_u8().await {
            Ok(0x20) => "connack",
            Ok(_) => "other",
            Err(_) => "closed",
        }
    }
}

fn run<T>(test: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().expect("runtime");
    LocalSet::new().block_on(&runtime, test)
}

#[test]
fn a_certificate_is_asked_for_and_the_defect_asks_for_none() {
    let all = [Presented::Own, Presented::Nothing, Presented::OtherAuthority, Presented::Expired];
    for (defects, wanted) in [
        (&[][..], ["connack", "closed", "closed", "closed"]),
        (&[Defect::ClientCertificateNotAsked][..], ["connack"; 4]),
    ] {
        run(async {
            let rig = Rig::new(defects);
            for (presented, wanted) in all.into_iter().zip(wanted) {
                assert_eq!(rig.connect(presented).await, wanted, "{presented:?} {defects:?}");
            }
        });
    }
}

#[test]
fn a_handshake_that_is_broken_off_costs_the_others_nothing_but_with_the_defect() {
    for (defects, others) in [(&[][..], "pingresp"), (&[Defect::RestartsAtBrokenHandshake][..], "closed")] {
        run(async {
            let rig = Rig::new(defects);
            let mut other = rig.dial(&Approach::default()).await.expect("a stream");
            let connect = Packet::from(Connect::new(Version::V311, "other")).encode(Version::V311).to_bytes();
            other.write_all(&connect).await.expect("written");
            let mut connack = [0; 4];
            other.read_exact(&mut connack).await.expect("a CONNACK");
            let approach = Approach { broken_in_handshake: true, ..Approach::default() };
            let error = rig.dial(&approach).await.map(|_| ()).expect_err("it is broken off");
            assert!(is_broken_below(&error), "{error:?}");
            let ping = Packet::Bare(Bare::pingreq()).encode(Version::V311).to_bytes();
            // The broker is told of the reset first.
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            let _ = other.write_all(&ping).await;
            let got = match other.read_u8().await {
                Ok(0xd0) => "pingresp",
                Ok(_) => "other",
                Err(_) => "closed",
            };
            assert_eq!(got, others);
            assert_eq!(rig.connect(Presented::Own).await, "connack", "it goes on");
        });
    }
}

#[test]
fn a_record_that_is_cut_short_is_read_by_nobody() {
    run(async {
        let rig = Rig::new(&[]);
        let mut stream = rig.dial(&Approach::default()).await.expect("a stream");
        assert!(stream.break_below(9));
        let connect = Packet::from(Connect::new(Version::V311, "c")).encode(Version::V311).to_bytes();
        let _ = stream.write_all(&connect).await;
        let error = stream.read_u8().await.expect_err("it is cut");
        assert!(is_broken_below(&error), "{error:?}");
    });
}
