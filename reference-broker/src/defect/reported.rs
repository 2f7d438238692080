//! Defects of classes of bugs that were reported of brokers and that no statement by itself asks for: what survives a reconnect, a
//! takeover or a refusal, and what one client does to another.

/// Hands rows on to the first of the tables behind it, with its own behind them.
macro_rules! with_reported_defects {
    ([$next:ident $($more:ident)*] $($rows:tt)*) => {
        $next! {
            [$($more)*]
            $($rows)*
            RepeatedPublishForwarded "repeated-publish-forwarded"
                "sends a QoS 2 PUBLISH onward again that repeats one which awaits its PUBREL"
                ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-10"]
                "https://github.com/vernemq/vernemq/issues/944";
            DupTakenForReceived "dup-taken-for-received"
                "takes DUP 1 for a proof that it has a QoS 2 message: acknowledges it and sends nothing onward"
                ["3.1.1/MQTT-4.3.3-2" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.3.3-8" "5.0/MQTT-4.5.0-1"]
                "https://github.com/emqx/emqx/issues/18441";
            SecondRepetitionClosed "second-repetition-closed"
                "closes at every second repetition of a QoS 2 PUBLISH that awaits its PUBREL"
                ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-10"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3602";
            UnreleasedLostAtClose "unreleased-lost-at-close"
                "sends a QoS 2 message onward at its PUBREL, and keeps it no longer than its connection lasts"
                ["3.1.1/MQTT-4.1.0-1" "3.1.1/MQTT-4.3.3-2" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.1.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/nats-io/nats-server/pull/8414";
            UnreleasedTakesUnit "unreleased-takes-unit"
                "counts the QoS 2 messages that a client has not released against what may be in flight to it"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1332";
            DropsSubscriberAtPubrec "drops-subscriber-at-pubrec"
                "resets the connection of a subscriber at each of its PUBRECs, so that no QoS 2 delivery ever ends"
                ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-4"]
                "https://github.com/vernemq/vernemq/issues/944";
            PubrelFlagsZero "pubrel-flags-zero"
                "sends PUBREL with the fixed-header flags 0000"
                ["3.1.1/MQTT-3.6.1-1" "5.0/MQTT-3.6.1-1"]
                "https://github.com/nats-io/nats-server/pull/4616";
            QueuedWithDup "queued-with-dup"
                "sets DUP on the first copy of what waited for its client"
                ["3.1.1/MQTT-3.3.1-3" "5.0/MQTT-3.3.1-3"]
                "https://github.com/nanomq/NanoNNG/commit/50f3130ee";
            StrayAnswersRaiseQuota "stray-answers-raise-quota"
                "gives itself a unit of the client's Receive Maximum for an acknowledgement of nothing"
                ["5.0/MQTT-3.3.4-9" "5.0/MQTT-4.9.0-2"]
                "https://github.com/halfgaar/FlashMQ/commit/a88a01a";
            PlacesLostAtCut "places-lost-at-cut"
                "never gives back the units of what was in flight when a session lost its connection"
                ["5.0/MQTT-4.4.0-1" "5.0/MQTT-4.9.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/898";
            AcknowledgedResent "acknowledged-resent"
                "sends the last message that a client acknowledged again when its session is resumed"
                ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-6"]
                "https://github.com/dotnet/MQTTnet/issues/1546";
            QuotaCarriedOver "quota-carried-over"
                "goes on with the send quota of a session's connection before"
                ["5.0/MQTT-4.4.0-1" "5.0/MQTT-4.9.0-1"]
                "https://github.com/halfgaar/FlashMQ/issues/173";
            NewestFirst "newest-first"
                "sends a new message before those that wait for an acknowledgement of their client"
                ["3.1.1/MQTT-4.6.0-6" "5.0/MQTT-4.6.0-5" "3.1.1/MQTT-4.6.0-5" "5.0/MQTT-4.6.0-6"]
                "https://github.com/apache/bifromq/issues/61";
            CleanStartKeepsQueue "clean-start-keeps-queue"
                "delivers in a clean session what waited for the old one"
                ["3.1.1/MQTT-3.1.2-6" "5.0/MQTT-3.1.2-4"]
                "https://github.com/nats-io/nats-server/commit/4cc267757";
            UnsubscribeUndoneAtResume "unsubscribe-undone-at-resume"
                "gives a session that is resumed the subscription again that it gave up last"
                ["3.1.1/MQTT-3.10.4-1" "3.1.1/MQTT-3.10.4-2" "5.0/MQTT-3.10.4-1" "5.0/MQTT-3.10.4-2"]
                "https://github.com/moscajs/mosca/issues/391";
            SubscriptionSometimesLost "subscription-sometimes-lost"
                "grants every fourth filter and keeps no subscription"
                ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/mochi-mqtt/server/pull/186";
            TakeoverUnanswered "takeover-unanswered"
                "leaves a CONNECT without an answer while its client has an older connection"
                ["3.1.1/MQTT-3.1.4-2" "3.1.1/MQTT-3.2.0-1" "3.1.1/MQTT-3.1.4-4" "5.0/MQTT-3.1.4-3" "5.0/MQTT-3.2.0-1" "5.0/MQTT-3.1.4-5"]
                "https://github.com/vernemq/vernemq/issues/2524";
            TakeoverLosesMessages "takeover-loses-messages"
                "loses what waits and what is in flight when a new connection of the client ends the older one"
                ["3.1.1/MQTT-4.4.0-1" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.4.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/dotnet/MQTTnet/issues/1757";
            FarewellToOlderClient "farewell-to-older-client"
                "sends DISCONNECT to a client of 3.1.1 whose connection is taken over"
                ["3.1.1/DZ-server-disconnect"]
                "https://github.com/emqx/emqx/pull/2892";
            WillTwice "will-twice"
                "publishes every will twice"
                ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
                "https://github.com/moscajs/aedes/issues/109";
            WillOfFirstConnect "will-of-first-connect"
                "publishes the will of a client's first CONNECT for all that follow"
                ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
                "https://github.com/moscajs/aedes/pull/351";
            WillLostAtDisconnectWithWill "will-lost-at-disconnect-with-will"
                "discards the will at a DISCONNECT of any reason"
                ["5.0/MQTT-3.1.2-8"]
                "https://github.com/vernemq/vernemq/issues/1291";
            ShortDisconnectMisread "short-disconnect-misread"
                "takes a DISCONNECT without a Property Length for one of reason 0x00"
                ["5.0/MQTT-3.1.2-8" "5.0/DZ-short-form"]
                "https://github.com/mochi-mqtt/server/pull/172";
            WillRetainLost "will-retain-lost"
                "publishes every will with RETAIN 0"
                ["3.1.1/MQTT-3.1.2-17" "5.0/MQTT-3.1.2-15"]
                "https://github.com/mochi-mqtt/server/pull/234";
            WillOfRefusedConnect "will-of-refused-connect"
                "publishes the will of a CONNECT that it refuses"
                ["3.1.1/DZ-refused-connect" "5.0/DZ-refused-connect"]
                "https://github.com/rmqtt/rmqtt/issues/457";
            PendingWillDeafens "pending-will-deafens"
                "keeps no subscriptions for a client that comes back while its will is pending"
                ["5.0/MQTT-4.1.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1752";
            KeepAliveFedByBytes "keep-alive-fed-by-bytes"
                "takes any byte of a client for a sign of life"
                ["3.1.1/MQTT-3.1.2-24" "5.0/MQTT-3.1.2-22"]
                "https://github.com/dotnet/MQTTnet/issues/1883";
            RetainedWithoutFlag "retained-without-flag"
                "sends what a subscription brings of retained messages with RETAIN 0"
                ["3.1.1/MQTT-3.3.1-8" "5.0/MQTT-3.3.1-9"]
                "https://github.com/Maps-Messaging/mapsmessaging_server/issues/2221";
            BacklogBeforeConnack "backlog-before-connack"
                "sends what waited for a client before CONNACK"
                ["3.1.1/MQTT-3.2.0-1" "5.0/MQTT-3.2.0-1"]
                "https://github.com/mochi-mqtt/server/pull/147";
            ShareToDeadMember "share-to-dead-member"
                "gives every second message of a group to a member whose session has ended"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/vernemq/vernemq/issues/438";
            ShareOfflineLost "share-offline-lost"
                "keeps nothing of a group for members that are away"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/vernemq/vernemq/issues/1357";
            SlowSubscriberBlocks "slow-subscriber-blocks"
                "gives nobody anything while a client's Receive Maximum is used up"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/fhmq/hmq/issues/178";
            ResetsWearOut "resets-wear-out"
                "answers no CONNECT any more once twenty connections were reset"
                ["3.1.1/MQTT-3.2.0-1" "3.1.1/MQTT-3.1.4-4" "3.1.1/DZ-hang" "5.0/MQTT-3.2.0-1" "5.0/MQTT-3.1.4-5" "5.0/DZ-hang"]
                "https://github.com/moquette-io/moquette/issues/608";
        }
    };
}
