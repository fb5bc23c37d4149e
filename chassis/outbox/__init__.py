"""Messages that leave with their cause: written in its transaction, published in order by the lane's owner."""
