//! What only Outlook for Windows reads, moved to where only it looks: a conditional comment. Everybody else then gets HTML and CSS without
//! words that no standard knows.

/// Properties of Word's engine that MJML writes into every table: no space between cells.
const TABLES: [&str; 2] = ["mso-table-lspace:0pt;", "mso-table-rspace:0pt;"];

/// The namespaces of Office's elements: they stand in conditional comments, which carry their own.
const NAMESPACES: [&str; 2] = [" xmlns:v=\"urn:schemas-microsoft-com:vml\"", " xmlns:o=\"urn:schemas-microsoft-com:office:office\""];

const FOR_WORD: &str =
    "<!--[if mso]><style>table, td { mso-table-lspace: 0pt; mso-table-rspace: 0pt; } .preheader { mso-hide: all; }</style><![endif]-->";

/// The compiled layout with Office's own words in conditional comments only.
pub(super) fn alone(html: &str) -> String {
    let mut html = html.to_owned();
    for property in TABLES {
        html = html.replace(property, "").replace(&format!(";{}", property.trim_end_matches(';')), "");
    }
    for namespace in NAMESPACES {
        html = html.replacen(namespace, "", 1);
    }
    html = html.replace("<xml>", &format!("<xml{}>", NAMESPACES[1]));
    html.replacen("</head>", &format!("{FOR_WORD}</head>"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_office_stand_in_conditional_comments_only() {
        let html = alone(
            "<html xmlns:v=\"urn:schemas-microsoft-com:vml\"><head><!--[if mso]><xml><o:AllowPNG/></xml><![endif]--></head>\
             <td style=\"padding:0;mso-table-lspace:0pt;mso-table-rspace:0pt\"><td style=\"mso-table-lspace:0pt;width:1px\">",
        );
        assert!(html.ends_with("<td style=\"padding:0\"><td style=\"width:1px\">"), "{html}");
        let open = html.replace("<![endif]-->", "<!--[if mso]>");
        let seen_by_all: String = open.split("<!--[if mso]>").step_by(2).collect();
        assert!(!seen_by_all.contains("mso-") && !seen_by_all.contains("o:"), "{seen_by_all}");
        assert!(html.contains("<xml xmlns:o=") && html.contains(".preheader"));
    }
}
