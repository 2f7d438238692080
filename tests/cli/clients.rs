//! The reference broker serves ordinary clients: rumqttc and mosquitto_pub/sub, each QoS, retained, will, a kept session.

use std::{
    net::SocketAddr,
    process::{Command, Stdio},
    time::Duration,
};

use crate::support::{broker, program};

/// For anything that a client waits for.
const LIMIT: Duration = Duration::from_secs(10);

mod v4 {
    use rumqttc::{AsyncClient, Event, EventLoop, Incoming, LastWill, MqttOptions, QoS};
    use std::net::SocketAddr;
    use tokio::time::timeout;

    use super::LIMIT;

    pub(crate) fn options(address: SocketAddr, id: &str, clean: bool) -> MqttOptions {
        let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
        options.set_clean_session(clean);
        options
    }

    pub(crate) fn with_will(mut options: MqttOptions, topic: &str) -> MqttOptions {
        options.set_last_will(LastWill::new(topic, "gone", QoS::AtLeastOnce, false));
        options
    }

    pub(crate) fn client(options: MqttOptions) -> (AsyncClient, EventLoop) {
        AsyncClient::new(options, 10)
    }

    /// Polls until `wanted` says yes.
    pub(crate) async fn until(events: &mut EventLoop, mut wanted: impl FnMut(&Incoming) -> bool) {
        let found = async {
            loop {
                if let Event::Incoming(packet) = events.poll().await.unwrap()
                    && wanted(&packet)
                {
                    return;
                }
            }
        };
        timeout(LIMIT, found).await.expect("what was waited for did not come");
    }
}

mod v5 {
    use rumqttc::v5::{
        AsyncClient, Event, EventLoop, Incoming, MqttOptions,
        mqttbytes::{QoS, v5::LastWill},
    };
    use std::net::SocketAddr;
    use tokio::time::timeout;

    use super::LIMIT;

    pub(crate) fn options(address: SocketAddr, id: &str, clean: bool) -> MqttOptions {
        let mut options = MqttOptions::new(id, address.ip().to_string(), address.port());
        options.set_clean_start(clean);
        if !clean {
            let mut properties = rumqttc::v5::mqttbytes::v5::ConnectProperties::new();
            properties.session_expiry_interval = Some(60);
            options.set_connect_properties(properties);
        }
        options
    }

    pub(crate) fn with_will(mut options: MqttOptions, topic: &str) -> MqttOptions {
        options.set_last_will(LastWill::new(topic, "gone", QoS::AtLeastOnce, false, None));
        options
    }

    pub(crate) fn client(options: MqttOptions) -> (AsyncClient, EventLoop) {
        AsyncClient::new(options, 10)
    }

    /// Polls until `wanted` says yes.
    pub(crate) async fn until(events: &mut EventLoop, mut wanted: impl FnMut(&Incoming) -> bool) {
        let found = async {
            loop {
                if let Event::Incoming(packet) = events.poll().await.unwrap()
                    && wanted(&packet)
                {
                    return;
                }
            }
        };
        timeout(LIMIT, found).await.expect("what was waited for did not come");
    }
}

/// The same story for both versions of rumqttc, whose types differ and whose names do not.
macro_rules! ordinary_client {
    ($name:ident, $version:ident, $qos:path, $packet:path) => {
        mod $name {
            use $packet as Incoming;
            use $qos as QoS;

            use super::{$version as api, broker, run};

            const EACH: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

            #[test]
            fn each_qos_is_delivered() {
                let (_broker, address) = broker(&[]);
                run(async move {
                    for qos in EACH {
                        let (client, mut events) = api::client(api::options(address, "each", true));
                        client.subscribe("each/t", qos).await.unwrap();
                        api::until(&mut events, |p| matches!(p, Incoming::SubAck(_))).await;
                        client.publish("each/t", qos, false, "hello").await.unwrap();
                        api::until(&mut events, |p| matches!(p, Incoming::Publish(p) if &p.payload[..] == b"hello" && p.qos == qos)).await;
                        client.disconnect().await.unwrap();
                        while events.poll().await.is_ok() {}
                    }
                });
            }

            #[test]
            fn a_retained_message_waits_for_its_subscriber() {
                let (_broker, address) = broker(&[]);
                run(async move {
                    let (client, mut events) = api::client(api::options(address, "setter", true));
                    client.publish("kept/t", QoS::AtLeastOnce, true, "kept").await.unwrap();
                    api::until(&mut events, |p| matches!(p, Incoming::PubAck(_))).await;
                    client.subscribe("kept/#", QoS::AtLeastOnce).await.unwrap();
                    api::until(&mut events, |p| matches!(p, Incoming::Publish(p) if p.retain && &p.payload[..] == b"kept")).await;
                });
            }

            #[test]
            fn a_will_is_published_when_its_client_vanishes() {
                let (_broker, address) = broker(&[]);
                run(async move {
                    let (watcher, mut watched) = api::client(api::options(address, "watcher", true));
                    watcher.subscribe("will/t", QoS::AtLeastOnce).await.unwrap();
                    api::until(&mut watched, |p| matches!(p, Incoming::SubAck(_))).await;
                    let options = api::with_will(api::options(address, "mortal", true), "will/t");
                    let (mortal, mut events) = api::client(options);
                    api::until(&mut events, |p| matches!(p, Incoming::ConnAck(_))).await;
                    drop((mortal, events));
                    api::until(&mut watched, |p| matches!(p, Incoming::Publish(p) if &p.payload[..] == b"gone")).await;
                });
            }

            #[test]
            fn a_kept_session_gets_what_it_missed() {
                let (_broker, address) = broker(&[]);
                run(async move {
                    let (client, mut events) = api::client(api::options(address, "keeper", false));
                    client.subscribe("missed/t", QoS::ExactlyOnce).await.unwrap();
                    api::until(&mut events, |p| matches!(p, Incoming::SubAck(_))).await;
                    drop((client, events));
                    let (other, mut others) = api::client(api::options(address, "other", true));
                    other.publish("missed/t", QoS::ExactlyOnce, false, "while away").await.unwrap();
                    api::until(&mut others, |p| matches!(p, Incoming::PubComp(_))).await;
                    let (_client, mut events) = api::client(api::options(address, "keeper", false));
                    api::until(&mut events, |p| matches!(p, Incoming::ConnAck(c) if c.session_present)).await;
                    api::until(&mut events, |p| matches!(p, Incoming::Publish(p) if &p.payload[..] == b"while away")).await;
                });
            }
        }
    };
}

ordinary_client!(rumqttc_v4, v4, rumqttc::QoS, rumqttc::Packet);
ordinary_client!(rumqttc_v5, v5, rumqttc::v5::mqttbytes::QoS, rumqttc::v5::mqttbytes::v5::Packet);

fn run(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
}

/// `mosquitto_pub` or `mosquitto_sub` with this broker and version.
fn mosquitto(name: &str, address: SocketAddr, version: &str, args: &[&str]) -> Option<Command> {
    let mut command = Command::new(program(name)?);
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    command.args(["-h", &host, "-p", &port, "-V", version]).args(args).stdin(Stdio::null());
    Some(command)
}

/// Publishes and checks that it worked.
fn publish(address: SocketAddr, version: &str, args: &[&str]) {
    let status = mosquitto("mosquitto_pub", address, version, args).unwrap().status().unwrap();
    assert!(status.success(), "mosquitto_pub {version} {args:?}");
}

#[test]
fn mosquitto_clients_complete_each_qos_retained_and_a_kept_session() {
    for version in ["mqttv311", "mqttv5"] {
        let (_broker, address) = broker(&[]);
        for qos in ["0", "1", "2"] {
            // A kept session is there before the message, so no race with its SUBSCRIBE.
            let id = format!("sub{qos}");
            let kept: &[&str] = if version == "mqttv5" { &["-c", "-x", "60"] } else { &["-c"] };
            let mut enter = vec!["-i", &id, "-t", "t", "-q", qos, "-E"];
            enter.extend(kept);
            let Some(mut enter) = mosquitto("mosquitto_sub", address, version, &enter) else { return };
            assert!(enter.status().unwrap().success());
            if qos == "0" {
                // Nothing is kept for QoS 0: it is retained instead.
                publish(address, version, &["-t", "t", "-q", "0", "-m", "hello", "-r"]);
            } else {
                publish(address, version, &["-t", "t", "-q", qos, "-m", "hello"]);
            }
            let mut take = vec!["-i", &id, "-t", "t", "-q", qos, "-C", "1", "-W", "10"];
            take.extend(kept);
            let got = mosquitto("mosquitto_sub", address, version, &take).unwrap().output().unwrap();
            assert_eq!(String::from_utf8_lossy(&got.stdout).trim(), "hello", "{version} QoS {qos}");
        }
    }
}

#[test]
fn a_mosquitto_client_that_is_killed_leaves_its_will() {
    for version in ["mqttv311", "mqttv5"] {
        let (_broker, address) = broker(&[]);
        let will = [
            "-i",
            "mortal",
            "-t",
            "x",
            "--will-topic",
            "w",
            "--will-payload",
            "gone",
            "--will-qos",
            "1",
            "--will-retain",
        ];
        let Some(mut mortal) = mosquitto("mosquitto_sub", address, version, &will) else { return };
        let mut mortal = crate::support::Running(mortal.stdout(Stdio::null()).spawn().unwrap());
        // It is connected once it is seen to be subscribed: a message of its own topic passes.
        std::thread::sleep(Duration::from_millis(500));
        mortal.0.kill().unwrap();
        let got = mosquitto("mosquitto_sub", address, version, &["-t", "w", "-C", "1", "-W", "10"])
            .unwrap()
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&got.stdout).trim(), "gone", "{version}");
    }
}
