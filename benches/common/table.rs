//! A Markdown table whose columns line up for the eye too. Does not know what the cells mean.

/// Prints the header, the rule and the rows.
pub(crate) fn print<const N: usize>(header: [&str; N], rows: &[[String; N]]) {
    let mut widths = header.map(width);
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row) {
            *widest = (*widest).max(width(cell));
        }
    }
    print_row(&header.map(String::from), &widths);
    print_row(&widths.map(|width| "-".repeat(width)), &widths);
    for row in rows {
        print_row(row, &widths);
    }
}

fn print_row<const N: usize>(cells: &[String; N], widths: &[usize; N]) {
    let padded: Vec<String> = cells
        .iter()
        .zip(widths)
        .map(|(cell, &wanted)| format!(" {cell}{} ", " ".repeat(wanted - width(cell))))
        .collect();
    println!("|{}|", padded.join("|"));
}

fn width(cell: &str) -> usize {
    cell.chars().count()
}
