// The laid out book before it is printed (tools/print_book.py): what is folded opens, and solutions go to the end of their chapter,
// in order; where they stood a link says so.
() => {
    // What only a screen needs: each chapter's setup, the map (paper has its list), what dark pages show, buttons.
    const screenOnly = "script, .tag_setup, .sort-line, .only-dark, .path > svg, .start, .prev-next-area";
    document.querySelectorAll(screenOnly).forEach(element => element.remove());
    document.querySelectorAll("details").forEach(details => { details.open = true });
    // In a PDF for screen readers each coloured word is an object of its own, thousands in a chapter: only comments stay.
    document.querySelectorAll("pre span:not(.c1, .gp)").forEach(word => word.replaceWith(...word.childNodes));
    document.querySelectorAll("pre").forEach(code => code.normalize());
    for (const article of document.querySelectorAll("article")) {
        const solutions = [...article.querySelectorAll(".tag_solution")];
        if (!solutions.length) continue;
        const end = document.createElement("section");
        end.id = `${article.id}--solutions`;
        end.innerHTML = "<h2>Solutions</h2>";
        solutions.forEach((solution, place) => {
            const name = `${end.id}-${place + 1}`;
            const link = document.createElement("p");
            link.innerHTML = `<a href="#${name}">Solution ${place + 1}, at the end of the chapter</a>`;
            solution.replaceWith(link);
            const head = document.createElement("h3");
            head.id = name;
            head.textContent = `Solution ${place + 1}`;
            end.append(head, solution);
        });
        article.append(end);
    }
}
