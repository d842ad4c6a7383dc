//! A Markdown table whose columns line up for the eye too. Does not know what the cells mean.

/// Prints the header, the rule and the rows, all as wide.
pub(crate) fn print<Row: AsRef<[String]>>(header: &[&str], rows: &[Row]) {
    let header: Vec<String> = header.iter().copied().map(String::from).collect();
    let mut widths: Vec<usize> = header.iter().map(|cell| width(cell)).collect();
    for row in rows {
        for (widest, cell) in widths.iter_mut().zip(row.as_ref()) {
            *widest = (*widest).max(width(cell));
        }
    }
    let rule: Vec<String> = widths.iter().map(|&width| "-".repeat(width)).collect();
    print_row(&header, &widths);
    print_row(&rule, &widths);
    for row in rows {
        print_row(row.as_ref(), &widths);
    }
}

fn print_row(cells: &[String], widths: &[usize]) {
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
