"""From sound to words: speech engines behind one contract. Knows no product and no stream."""
