"""LiveShop's score: events, windows and calibration over many lives, two runs compared, a report. Watches nothing."""
