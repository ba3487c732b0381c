//! A name server on loopback: answers what it was told, says that everything else does not exist, and can be struck dumb.

use std::net::{IpAddr, SocketAddr};

use mail_auth::hickory_resolver::proto::{
    op::{Message, ResponseCode},
    rr::{
        Name, RData, Record,
        rdata::{MX, PTR, TXT},
    },
};
use tokio::net::UdpSocket;

/// A record as a zone file would have it: name, type, value.
pub type Zone = &'static [(&'static str, &'static str, &'static str)];

/// Listens until the test ends.
pub async fn answering(records: Vec<(String, String, String)>) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut buffer = [0; 4096];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer).await {
            let Ok(question) = Message::from_vec(&buffer[..length]) else { continue };
            let answer = answer(question, &records);
            let _ = socket.send_to(&answer.to_vec().unwrap(), peer).await;
        }
    });
    address
}

pub fn zone(records: Zone) -> Vec<(String, String, String)> {
    records.iter().map(|(n, t, v)| ((*n).to_owned(), (*t).to_owned(), (*v).to_owned())).collect()
}

fn answer(question: Message, records: &[(String, String, String)]) -> Message {
    let mut answer = question.into_response();
    let Some(asked) = answer.queries.first().cloned() else { return answer };
    let name = asked.name().to_utf8().to_lowercase();
    let named: Vec<_> = records.iter().filter(|(n, ..)| format!("{n}.") == name).collect();
    if named.is_empty() {
        answer.metadata.response_code = ResponseCode::NXDomain;
    }
    for (_, kind, value) in named {
        let data = data(kind, value);
        if data.record_type() == asked.query_type() {
            answer.add_answer(Record::from_rdata(asked.name().clone(), 60, data));
        }
    }
    answer
}

fn data(kind: &str, value: &str) -> RData {
    let name = |text: &str| Name::from_utf8(format!("{text}.")).unwrap();
    match kind {
        "A" | "AAAA" => match value.parse().unwrap() {
            IpAddr::V4(a) => RData::A(a.into()),
            IpAddr::V6(a) => RData::AAAA(a.into()),
        },
        // Long texts come in parts of 255 octets at most.
        "TXT" => RData::TXT(TXT::from_bytes(value.as_bytes().chunks(200).collect())),
        "MX" => RData::MX(MX::new(10, if value == "." { Name::root() } else { name(value) })),
        "PTR" => RData::PTR(PTR(name(value))),
        other => panic!("no records of type {other} here"),
    }
}
