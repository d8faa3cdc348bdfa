pragma circom 2.2.0;

// Used rows come first: active[i] = (i < count), where each flag is a boolean that its row computes.
template ActiveRows(n) {
    signal input active[n];
    signal output count;

    var sum = 0;
    for (var i = 0; i < n; i++) {
        sum += active[i];
        if (i + 1 < n) {
            active[i + 1] * (1 - active[i]) === 0;
        }
    }
    count <== sum;
}
