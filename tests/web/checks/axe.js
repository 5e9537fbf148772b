// What axe-core finds, in the theme of the moment: a line for each place. `rules` limits it to some.
async (rules) => {
    const options = { resultTypes: ["violations"], preload: false };
    if (rules) options.runOnly = { type: "rule", values: rules };
    const { violations } = await axe.run(document, options);
    return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ target, any, all, none }) =>
            `${id}: ${target.join(" ")} (${[...any, ...all, ...none].map((c) => c.message).join("; ").slice(0, 200)})`));
}
