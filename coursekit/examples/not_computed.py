"""What of the decks was checked but cannot be computed: history and wording, with the reason."""

from __future__ import annotations

__all__ = ["NOT_COMPUTED"]

NOT_COMPUTED = {
    "WE-USC-24": "history: the dates of William of Ockham, about 1287 to 1347; the year of birth is "
    "uncertain",
    "WE-USC-27": "notation: a node called g has derivatives written with q (E-14); its slopes are WE-USC-26",
    "WE-UT-14": "wording: the universal approximation theorem as three decks state it (E-02)",
    "WE-BER-25": "wording: a bracket in the wrong place (E-24)",
    "WE-CIT-13": "reported: the confidences 57.7 % and 99.3 % of a published figure (Goodfellow et al., ICLR "
    "2015) belong to a network that is not at hand",
    "WE-CIT-14": "history: Boltzmann machines in 1985, restricted ones in 1986 (E-27)",
    "WE-CIT-15": "history: the LSTM's report is of 1995, the journal paper of 1997",
    "WE-CIT-16": "wording: a name misspelt (E-28)",
    "WE-HAR-16": "history: the year of a book (E-35)",
}
"""The id of a check, and why there is no function for it."""
