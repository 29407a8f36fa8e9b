"""What each kind of split can and cannot show, in sentences for reports to quote."""

#: By the kind of split.
SHOWS = {
    "time": "The test is what users liked after a moment, asked of models that know only what was before it:"
    " it shows the future, but rewards what is popular then.",
    "last": "The test is each user's last game, asked of models that know all other games of everybody:"
    " it shows what comes next, but the models know other people's future.",
    "users": "The test is all games of some users, asked of models that have never seen these users:"
    " it shows what a new visitor gets, but not what comes next in time.",
    "sessions": "The test is sessions that nobody learnt from, or examples that came with the data:"
    " it shows how a session goes on, but nothing of who comes back.",
}
