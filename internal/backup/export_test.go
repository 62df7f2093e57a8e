package backup

// End is end.
var End = end
