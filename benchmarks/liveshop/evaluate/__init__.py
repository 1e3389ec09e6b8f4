"""LiveShop run: lives rendered, watched by the real recogniser, judged beside baselines. Behind `nowshowing eval`."""
