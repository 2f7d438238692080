//! Defects of what client and server tell each other in CONNECT, CONNACK and AUTH, and of the limits that they set so.

/// Hands rows on to the first of the tables behind it, with its own behind them.
macro_rules! with_negotiated_defects {
    ([$next:ident $($more:ident)*] $($rows:tt)*) => {
        $next! {
            [$($more)*]
            $($rows)*
            AliasAboveMaximum "alias-above-maximum"
                "gives aliases above the client's Topic Alias Maximum, where that is not 0"
                ["5.0/MQTT-3.1.2-26" "5.0/MQTT-3.3.2-11"]
                "https://github.com/dotnet/MQTTnet/issues/2037";
            AliasUnasked "alias-unasked"
                "gives aliases to a client that allows none"
                ["5.0/MQTT-3.1.2-27"]
                "https://github.com/nanomq/nanomq/issues/2040";
            AliasZero "alias-zero"
                "gives the first topic of a connection the alias 0"
                ["5.0/MQTT-3.3.2-8"]
                "https://github.com/nanomq/nanomq/issues/2336";
            AliasOfEarlierConnection "alias-of-earlier-connection"
                "goes on with the aliases that it gave on the session's connection before"
                ["5.0/MQTT-3.3.2-7"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3775";
            AliasOfDiscarded "alias-of-discarded"
                "goes on with an alias although the PUBLISH that should have set it was too large to be sent with it"
                ["5.0/MQTT-3.3.2-7"]
                "https://github.com/halfgaar/FlashMQ/commit/aa6d440";
            ClientAliasOfEarlierConnection "client-alias-of-earlier-connection"
                "routes by the aliases that the client set on its connection before"
                ["5.0/MQTT-3.3.2-7" "5.0/DZ-illegal-alias-routed"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3775";
            ClientAliasRefusedAtMaximum "client-alias-refused-at-maximum"
                "refuses the highest alias that its CONNACK allows"
                ["5.0/MQTT-3.3.2-12"]
                "https://github.com/dotnet/MQTTnet/issues/2037";
            ClientAliasAboveMaximumRouted "client-alias-above-maximum-routed"
                "takes aliases above the maximum of its CONNACK"
                ["5.0/DZ-illegal-alias-routed"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ReasonStringUnboundedInConnack "reason-string-unbounded-in-connack"
                "adds a Reason String as long as the client's Maximum Packet Size to CONNACK"
                ["5.0/MQTT-3.2.2-19" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInPuback "reason-string-unbounded-in-puback"
                "adds a Reason String as long as the client's Maximum Packet Size to PUBACK"
                ["5.0/MQTT-3.4.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInPubrec "reason-string-unbounded-in-pubrec"
                "adds a Reason String as long as the client's Maximum Packet Size to PUBREC"
                ["5.0/MQTT-3.5.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInPubrel "reason-string-unbounded-in-pubrel"
                "adds a Reason String as long as the client's Maximum Packet Size to PUBREL"
                ["5.0/MQTT-3.6.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInPubcomp "reason-string-unbounded-in-pubcomp"
                "adds a Reason String as long as the client's Maximum Packet Size to PUBCOMP"
                ["5.0/MQTT-3.7.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInSuback "reason-string-unbounded-in-suback"
                "adds a Reason String as long as the client's Maximum Packet Size to SUBACK"
                ["5.0/MQTT-3.9.2-1" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInUnsuback "reason-string-unbounded-in-unsuback"
                "adds a Reason String as long as the client's Maximum Packet Size to UNSUBACK"
                ["5.0/MQTT-3.11.2-1" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInDisconnect "reason-string-unbounded-in-disconnect"
                "adds a Reason String as long as the client's Maximum Packet Size to DISCONNECT"
                ["5.0/MQTT-3.14.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ReasonStringUnboundedInAuth "reason-string-unbounded-in-auth"
                "adds a Reason String as long as the client's Maximum Packet Size to AUTH"
                ["5.0/MQTT-3.15.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInConnack "user-property-unbounded-in-connack"
                "adds a User Property as long as the client's Maximum Packet Size to CONNACK"
                ["5.0/MQTT-3.2.2-20" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInPuback "user-property-unbounded-in-puback"
                "adds a User Property as long as the client's Maximum Packet Size to PUBACK"
                ["5.0/MQTT-3.4.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInPubrec "user-property-unbounded-in-pubrec"
                "adds a User Property as long as the client's Maximum Packet Size to PUBREC"
                ["5.0/MQTT-3.5.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInPubrel "user-property-unbounded-in-pubrel"
                "adds a User Property as long as the client's Maximum Packet Size to PUBREL"
                ["5.0/MQTT-3.6.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInPubcomp "user-property-unbounded-in-pubcomp"
                "adds a User Property as long as the client's Maximum Packet Size to PUBCOMP"
                ["5.0/MQTT-3.7.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInSuback "user-property-unbounded-in-suback"
                "adds a User Property as long as the client's Maximum Packet Size to SUBACK"
                ["5.0/MQTT-3.9.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInUnsuback "user-property-unbounded-in-unsuback"
                "adds a User Property as long as the client's Maximum Packet Size to UNSUBACK"
                ["5.0/MQTT-3.11.2-2" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInDisconnect "user-property-unbounded-in-disconnect"
                "adds a User Property as long as the client's Maximum Packet Size to DISCONNECT"
                ["5.0/MQTT-3.14.2-4" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            UserPropertyUnboundedInAuth "user-property-unbounded-in-auth"
                "adds a User Property as long as the client's Maximum Packet Size to AUTH"
                ["5.0/MQTT-3.15.2-3" "5.0/MQTT-3.1.2-24"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
            ProblemInformationUnasked "problem-information-unasked"
                "adds a Reason String to every answer to a client whose Request Problem Information is 0"
                ["5.0/MQTT-3.1.2-29"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3604";
            ResponseInformationUnasked "response-information-unasked"
                "tells Response Information to clients that ask for none"
                ["5.0/MQTT-3.1.2-28"]
                "https://github.com/mochi-mqtt/server/pull/128";
            AssignedIdUntold "assigned-id-untold"
                "does not tell the client the identifier that it made for an empty one"
                ["5.0/MQTT-3.2.2-16" "5.0/MQTT-3.1.3-7"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3639";
            AssignedIdShared "assigned-id-shared"
                "makes the same identifier for all clients with an empty one"
                ["3.1.1/MQTT-3.1.3-6" "5.0/MQTT-3.1.3-6" "5.0/MQTT-3.2.2-16"]
                "https://github.com/rmqtt/rmqtt/issues/27";
            AssignedIdMistold "assigned-id-mistold"
                "tells the client another identifier than the one that it made for an empty one"
                ["5.0/MQTT-3.1.3-7" "5.0/MQTT-3.2.2-16"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3639";
            LongestIdRefused "longest-id-refused"
                "refuses identifiers of exactly 23 characters"
                ["3.1.1/MQTT-3.1.3-5" "5.0/MQTT-3.1.3-5"]
                "https://github.com/eclipse-mosquitto/mosquitto.rsmb/issues/36";
            MaximumQosUntold "maximum-qos-untold"
                "takes nothing above QoS 1, and does not say so"
                ["5.0/MQTT-3.2.2-9"]
                "https://github.com/wolfSSL/wolfMQTT/pull/537";
            HighQosSubscribeRefused "high-qos-subscribe-refused"
                "takes nothing above QoS 1, and refuses a SUBSCRIBE that asks for more"
                ["5.0/MQTT-3.2.2-10"]
                "https://github.com/wolfSSL/wolfMQTT/pull/537";
            WillQosUnchecked "will-qos-unchecked"
                "takes nothing above QoS 1, but for a will"
                ["5.0/MQTT-3.2.2-12"]
                "https://github.com/wolfSSL/wolfMQTT/pull/537";
            WillRetainUnchecked "will-retain-unchecked"
                "takes no retained message, and lets a client in whose will is to be retained"
                ["5.0/MQTT-3.2.2-13"]
                "https://github.com/rmqtt/rmqtt/issues/457";
            ServerKeepAliveNotKept "server-keep-alive-not-kept"
                "tells a Server Keep Alive of 30 s, and goes by the client's own"
                ["5.0/MQTT-3.1.2-22"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            ServerKeepAliveUntold "server-keep-alive-untold"
                "goes by a keep-alive of half of what the client said, and does not tell it"
                ["5.0/MQTT-3.2.2-22"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            UnknownMethodAccepted "unknown-method-accepted"
                "lets a client in whose method of authentication it does not know"
                ["5.0/MQTT-4.12.0-1"]
                "https://github.com/moquette-io/moquette/issues/949";
            AuthCodeWrong "auth-code-wrong"
                "sends AUTH 0x00 in the middle of an exchange"
                ["5.0/MQTT-4.12.0-2"]
                "https://github.com/mqttjs/MQTT.js/pull/2048";
            FailedProofAccepted "failed-proof-accepted"
                "lets a client in whose proof is wrong"
                ["5.0/MQTT-3.1.4-2" "5.0/MQTT-4.12.1-2"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
            AuthMethodNotRepeated "auth-method-not-repeated"
                "leaves the Authentication Method out of CONNACK"
                ["5.0/MQTT-4.12.0-5"]
                "https://github.com/hivemq/hivemq-community-edition/issues/110";
            AuthUnasked "auth-unasked"
                "sends AUTH to clients that name no method"
                ["5.0/MQTT-4.12.0-6"]
                "https://github.com/thingsboard/tbmq/issues/204";
            ReauthenticationFailureIgnored "reauthentication-failure-ignored"
                "leaves a client connected whose re-authentication fails"
                ["5.0/MQTT-4.12.1-2"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/2339";
        }
    };
}
